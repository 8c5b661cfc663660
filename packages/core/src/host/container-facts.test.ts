import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ContainerFacts } from './container-facts.js';
import type { HostEnvironment } from './host-environment.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'container-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function factsOf(variables: Readonly<Record<string, string>>, file?: string, text = ''): ContainerFacts {
  const host: HostEnvironment = { variables, rootPath: root, procPath: join(root, 'proc'), sysPath: join(root, 'sys') };
  if (file) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return new ContainerFacts(host);
}

test.each<[string, Record<string, string>, string | undefined]>([
  ['the new name', { BALENA_APP_NAME: 'new' }, 'new'],
  ['the old name, which Supervisors before 7.22 set alone', { RESIN_APP_NAME: 'old' }, 'old'],
  ['the new one of both', { BALENA_APP_NAME: 'new', RESIN_APP_NAME: 'old' }, 'new'],
  ['the old one beside an empty one', { BALENA_APP_NAME: '', RESIN_APP_NAME: 'old' }, 'old'],
  ['none, when it is empty', { BALENA_APP_NAME: '', RESIN_APP_NAME: '' }, undefined],
  ['none, when another is set', { APP_NAME: 'other' }, undefined],
])('reads a variable by %s', (_what, variables, value) => {
  expect(factsOf(variables).variable('APP_NAME')).toBe(value);
});

test('knows the old name of the file that ends a hand-over', () => {
  const facts = factsOf({ RESIN_SERVICE_KILL_ME_PATH: '/tmp/balena/handover-complete' });
  expect(facts.variable('SERVICE_HANDOVER_COMPLETE_PATH')).toBe('/tmp/balena/handover-complete');
});

test.each<[Record<string, string>, boolean]>([
  [{ BALENA: '1' }, true],
  [{ RESIN: '1' }, true],
  [{ BALENA: '0', BALENA_APP_NAME: 'x' }, false],
  [{}, false],
])('%j is balenaOS: %s', (variables, isBalena) => {
  expect(factsOf(variables).isBalena).toBe(isBalena);
});

test.each<[string, Record<string, string>, string | undefined, string | undefined]>([
  ['BALENA is set', { BALENA: '1' }, undefined, undefined],
  ['container is set', { container: 'podman' }, undefined, undefined],
  ['/.dockerenv exists', {}, '.dockerenv', undefined],
  ['/run/.containerenv exists', {}, 'run/.containerenv', undefined],
  ['the control group of PROC/1 says so', {}, 'proc/1/cgroup', '0::/docker/abc'],
])('is in a container, since %s', async (sign, variables, file, text) => {
  expect(await factsOf(variables, file, text).sign()).toBe(sign.replace('PROC', join(root, 'proc')));
});

test('is in no container where nothing says so', async () => {
  expect(await factsOf({}, 'proc/1/cgroup', '0::/init.scope').sign()).toBeUndefined();
});
