import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { HostEnvironment } from '../host/host-environment.js';

export interface SystemFigures {
  readonly hostname: string;
  readonly bootId: string;
  readonly load: { readonly oneMinute: number; readonly fiveMinutes: number; readonly fifteenMinutes: number };
  readonly memory: { readonly total: number; readonly available: number };
  readonly temperature?: number;
}

/**
 * Reads proc(5) and sysfs of the machine.
 * @throws Error of the file system where procfs is not readable
 */
export async function readSystemFigures(host: HostEnvironment): Promise<SystemFigures> {
  const read = (...path: string[]): Promise<string> => readFile(join(host.procPath, ...path), 'utf8');
  const [name, bootId, load, memory, temperature] = await Promise.all([
    // A container may show only a part of /proc/sys.
    read('sys/kernel/hostname').catch(() => hostname()),
    read('sys/kernel/random/boot_id'),
    read('loadavg'),
    read('meminfo'),
    hottestZone(host),
  ]);
  const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = load.split(' ').map(Number);
  return {
    hostname: name.trim(),
    bootId: bootId.trim(),
    load: { oneMinute, fiveMinutes, fifteenMinutes },
    memory: { total: memoryField(memory, 'MemTotal'), available: memoryField(memory, 'MemAvailable') },
    ...(temperature !== undefined && { temperature }),
  };
}

/** A field of /proc/meminfo in bytes; the file says kB and means KiB (proc(5)). */
function memoryField(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** The highest temperature in °C; sysfs has thousandths of a degree (Documentation/driver-api/thermal/sysfs-api.rst). */
async function hottestZone(host: HostEnvironment): Promise<number | undefined> {
  const folder = join(host.sysPath, 'class/thermal');
  const entries = await readdir(folder).catch(() => []);
  const zones = entries.filter((name) => name.startsWith('thermal_zone'));
  // A zone may be there and not answer (EAGAIN, EINVAL) while its sensor sleeps.
  const texts = await Promise.all(zones.map((zone) => readFile(join(folder, zone, 'temp'), 'utf8').catch(() => '')));
  const degrees = texts.filter((text) => text.trim() !== '').map((text) => Number(text) / 1000);
  return degrees.length > 0 ? Math.max(...degrees) : undefined;
}
