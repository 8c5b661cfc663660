import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reach } from './network-reach.js';

/** RTF_UP and RTF_REJECT of linux/route.h and linux/ipv6_route.h. */
const up = 0x1;
const rejecting = 0x200;

interface Route {
  readonly interface: string;
  readonly isDefault: boolean;
  readonly flags: number;
}

/**
 * How far the routes of the machine reach (proc(5): /proc/net/route and /proc/net/ipv6_route). Where they cannot be read,
 * everywhere: then an attempt tells.
 */
export function readNetworkReach(procPath: string): Reach {
  const tables = [read(join(procPath, 'net/route'), routes4), read(join(procPath, 'net/ipv6_route'), routes6)];
  if (tables.every((table) => table === undefined)) return 'everywhere';
  const usable = tables
    .flatMap((table) => table ?? [])
    .filter((route) => route.interface !== 'lo' && (route.flags & up) !== 0 && (route.flags & rejecting) === 0);
  if (usable.some(({ isDefault }) => isDefault)) return 'everywhere';
  return usable.length > 0 ? 'local' : 'away';
}

/** Whether the target is another machine, as far as its text tells: the URL of a host that is not this one. */
export function needsNetwork(target: string): boolean {
  if (!URL.canParse(target)) return false;
  const { hostname } = new URL(target);
  return hostname !== '' && !/^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

function read(path: string, parse: (lines: readonly string[][]) => Route[]): Route[] | undefined {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return parse(lines.map((line) => line.trim().split(/\s+/)));
  } catch {
    return undefined;
  }
}

/** Iface Destination Gateway Flags RefCnt Use Metric Mask …, after a line of headings. */
function routes4(lines: readonly string[][]): Route[] {
  return lines.slice(1).map(([name = '', destination, , flags, , , , mask]) => ({
    interface: name,
    isDefault: destination === '00000000' && mask === '00000000',
    flags: parseInt(flags ?? '0', 16),
  }));
}

/** destination length source length next-hop metric references use flags interface. Link-local and multicast lead nowhere. */
function routes6(lines: readonly string[][]): Route[] {
  return lines
    .filter(([destination = '']) => !/^(?:fe80|ff)/.test(destination))
    .map(([destination, length, , , , , , , flags, name = '']) => ({
      interface: name,
      isDefault: /^0*$/.test(destination ?? '') && length === '00',
      flags: parseInt(flags ?? '0', 16),
    }));
}
