import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Duration, VirtualClock } from '@devicerc/core';
import { eventually, FakeHost, playRules, startPlugin, type StartedPlugin } from '@devicerc/core/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import plugin, { FanSpeed, SetFan } from './fan.js';

const repository = resolve(import.meta.dirname, '../..');
const program = join(repository, 'packages/core/bin/devicerc.js');

const speed = '/sys/class/hwmon/hwmon0/fan1_input';

let host: FakeHost;
let clock: VirtualClock;
let started: StartedPlugin;
beforeEach(async () => {
  host = new FakeHost({ files: { [speed]: '1200\n' } });
  clock = new VirtualClock();
  started = await startPlugin(plugin, { host, clock });
});
afterEach(async () => {
  expect(await started.stop()).toEqual([]);
  host.dispose();
});

test('the stream reads the speed every two seconds', async () => {
  const fan = started.stream(FanSpeed);
  expect(await fan.next()).toEqual({ rpm: 1200 });
  host.write(speed, '0\n');
  await clock.advance(Duration.parse('2s'));
  expect(await fan.next()).toEqual({ rpm: 0 });
});

test('the stream is lost where there is no fan', async () => {
  host.remove(speed);
  const fan = started.stream(FanSpeed);
  await clock.advance(Duration.zero);
  expect(await eventually(() => fan.lost)).toMatch(/fan1_input/);
});

test('the action sets the power in percent', async () => {
  await started.action(SetFan)({ percent: 40 });
  expect(host.read('/sys/class/hwmon/hwmon0/pwm1')).toBe('102');
});

test('its rules do what their tests say', async () => {
  const rules = readFileSync(join(import.meta.dirname, '.devicerc.yml'), 'utf8');
  expect((await playRules(rules, { './fan.ts': plugin })).failures).toEqual([]);
});

test('the program loads it by path, in TypeScript', () => {
  expect(check(join(import.meta.dirname, '.devicerc.yml'))).toMatch(/is good: 1 rule/);
});

test('the program loads it by name, packed and installed in a project of its own', () => {
  const folder = host.rootPath;
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
  const env = { ...process.env, NODE_OPTIONS: '', DEVICERC_CACHE: host.pathOf('/cache') };
  return execFileSync(process.execPath, [program, 'check', file], { encoding: 'utf8', env });
}
