import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { needsNetwork, readNetworkReach } from './route-reach.js';

let procfs: string;
beforeEach(() => {
  procfs = mkdtempSync(join(tmpdir(), 'procfs-'));
  mkdirSync(join(procfs, 'net'));
});
afterEach(() => rmSync(procfs, { recursive: true }));

const headings = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const zeros = '0'.repeat(32);

/** Lines as the kernel writes them. */
const lines = {
  default4: 'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
  lan4: 'eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
  unreachable4: '*\t00000000\t00000000\t0200\t0\t0\t100\t00000000\t0\t0\t0',
  default6: `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
  unreachable6: `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`,
  loopback6: `${'0'.repeat(31)}1 80 ${zeros} 00 ${zeros} 00000000 00000002 00000000 80200001       lo`,
  link6: `fe80000000000000${'0'.repeat(16)} 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0`,
  unique6: `fd00000000000000${'0'.repeat(16)} 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0`,
};

test.each<[string, readonly (keyof typeof lines)[], string]>([
  ['no route at all is away', [], 'away'],
  ['a default route of IPv4 leads everywhere', ['lan4', 'default4'], 'everywhere'],
  ['a default route of IPv6 leads everywhere', ['link6', 'default6'], 'everywhere'],
  ['a route to neighbours is local', ['lan4'], 'local'],
  ['a unique local address is local', ['unique6'], 'local'],
  ['loopback, link-local and refusing routes are away', ['loopback6', 'link6', 'unreachable6', 'unreachable4'], 'away'],
])('%s', (_title, routes, reach) => {
  const of = (version: string): string[] => routes.filter((name) => name.endsWith(version)).map((name) => lines[name]);
  writeFileSync(join(procfs, 'net/route'), `${[headings, ...of('4')].join('\n')}\n`);
  writeFileSync(join(procfs, 'net/ipv6_route'), `${of('6').join('\n')}\n`);
  expect(readNetworkReach(procfs)).toBe(reach);
});

test('where the routes cannot be read they are taken to lead everywhere', () => {
  expect(readNetworkReach(join(procfs, 'missing'))).toBe('everywhere');
});

test('the machine itself and what is no URL need no network', () => {
  const targets = ['http://127.0.0.1:80', 'http://localhost:1', 'http://api.localhost', 'https://[::1]', 'modem', ''];
  expect(targets.filter(needsNetwork)).toEqual([]);
  const others = ['https://hooks.example', 'http://10.0.0.1:8080', 'http://[fd00::1]', 'mqtt://broker:1883'];
  expect(others.filter(needsNetwork)).toEqual(others);
});
