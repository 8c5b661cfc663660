import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Duration, HostEnvironment, VirtualClock, type Action, type StateStream } from '@devicerc/core';
import { callAction, playRules, StreamProbe } from '@devicerc/core/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import plugin from './fan.js';

const repository = resolve(import.meta.dirname, '../..');
const program = join(repository, 'packages/core/bin/devicerc.js');

let folder: string;
let fan: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fan-'));
  fan = join(folder, 'class/hwmon/hwmon0');
  mkdirSync(fan, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

class Host extends HostEnvironment {
  override readonly variables = {};
  override readonly procPath = '/proc';
  override readonly sysPath = folder;
  override readonly rootPath = '';
}

test('the stream reads the speed every two seconds', async () => {
  const [FanSpeed] = plugin.streams as unknown as [new (host: Host, clock: VirtualClock) => StateStream];
  const clock = new VirtualClock();
  writeFileSync(join(fan, 'fan1_input'), '1200\n');
  const probe = new StreamProbe(new FanSpeed(new Host(), clock), clock);
  await until(() => probe.values.length === 1, clock, '0s');
  writeFileSync(join(fan, 'fan1_input'), '0\n');
  await until(() => probe.values.length === 2, clock, '2s');
  expect(probe.close()).toEqual([]);
  expect(probe.values).toEqual([{ rpm: 1200 }, { rpm: 0 }]);
});

test('the stream is lost where there is no fan', async () => {
  const [FanSpeed] = plugin.streams as unknown as [new (host: Host, clock: VirtualClock) => StateStream];
  const clock = new VirtualClock();
  const probe = new StreamProbe(new FanSpeed(new Host(), clock), clock);
  await until(() => probe.lost !== undefined, clock, '0s');
  expect(probe.lost).toMatch(/fan1_input/);
  expect(probe.close()).toEqual([]);
});

test('its rules do what their tests say', async () => {
  const rules = readFileSync(join(import.meta.dirname, '.devicerc.yml'), 'utf8');
  expect((await playRules(rules, { './fan.ts': plugin })).failures).toEqual([]);
});

/** Virtual time does not wait for the file system. */
async function until(isTrue: () => boolean, clock: VirtualClock, step: string): Promise<void> {
  await clock.advance(Duration.parse(step));
  while (!isTrue()) await new Promise((turn) => setImmediate(turn));
}

test('the action sets the power in percent', async () => {
  const [SetFan] = plugin.actions as unknown as [new (host: Host) => Action<{ percent: number }, void>];
  await callAction(new SetFan(new Host()), { percent: 40 });
  expect(readFileSync(join(fan, 'pwm1'), 'utf8')).toBe('102');
});

test('the program loads it by path, in TypeScript', () => {
  expect(check(join(import.meta.dirname, '.devicerc.yml'))).toMatch(/is good: 1 rule/);
});

test('the program loads it by name, packed and installed in a project of its own', () => {
  const packed = join(folder, 'packed');
  cpSync(import.meta.dirname, packed, { recursive: true });
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', import.meta.dirname, '--outDir', join(packed, 'dist')]);
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: packed, stdio: 'pipe' });
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  execFileSync('npm', [...install, './devicerc-plugin-fan-0.1.0.tgz'], { cwd: project, stdio: 'pipe' });
  const byPath = readFileSync(join(import.meta.dirname, '.devicerc.yml'), 'utf8');
  writeFileSync(join(project, '.devicerc.yml'), byPath.replace('./fan.ts', 'devicerc-plugin-fan'));
  expect(check(join(project, '.devicerc.yml'))).toMatch(/is good: 1 rule/);
}, 60_000);

function check(file: string): string {
  const env = { ...process.env, NODE_OPTIONS: '', DEVICERC_CACHE: join(folder, 'cache') };
  return execFileSync(process.execPath, [program, 'check', file], { encoding: 'utf8', env });
}
