import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../../../..');
const nodeModules = join(repository, 'node_modules');

/** Decorators as esbuild, oxc and swc know them; the first two leave out the types of constructors. */
const plugin = `
import { inject } from 'inversify';
import { timer, map } from 'rxjs';
import { action, Clock, clockScheduler, definePlugin, stateStream, z } from '@devicerc/core';

@stateStream({ name: 'fan', summary: 'A fan.', value: z.object({ rpm: z.number() }) })
export class FanSpeed {
  constructor(@inject(Clock) private readonly clock: Clock) {}
  open() {
    return timer(0, 1_000, clockScheduler(this.clock)).pipe(map((rpm) => ({ rpm })));
  }
}

@action({ name: 'fan.set', summary: 'Sets.', effects: [], input: z.object({ percent: z.number() }) })
export class SetFan {
  async run({ percent }: { percent: number }) {
    if (percent > 100) throw new Error('too fast');
  }
}

export default definePlugin({ name: 'fan', api: '^1.0.0', streams: [FanSpeed], actions: [SetFan] });
`;

const rules = (percent: number): string => `
version: 1
plugins: [{ use: fan }]
rules:
  spin: { when: fan.rpm < 300.0, for: 30s, then: [{ do: fan.set, with: { percent: 100 } }] }
tests:
  - name: spins
    given: { fan: { rpm: 0 } }
    at: [{ t: 1m, end: true }]
    expect: [{ action: fan.set, with: { percent: ${percent} }, times: 1, between: [30s, 30s] }]
`;

const tests = (importTest: string): string => `
${importTest}
import assert from 'node:assert/strict';
import { Duration, VirtualClock } from '@devicerc/core';
import { playRules, startPlugin } from '@devicerc/core/testing';
import plugin, { FanSpeed, SetFan } from './fan';

test('plays rules', async () => {
  assert.deepEqual((await playRules(${JSON.stringify(rules(100))}, { fan: plugin })).failures, []);
  const { failures } = await playRules(${JSON.stringify(rules(99))}, { fan: plugin });
  assert.match(failures.join(), /^spins: /);
});

test('starts a plugin', async () => {
  const clock = new VirtualClock();
  const fan = await startPlugin(plugin, { clock });
  const probe = fan.stream(FanSpeed);
  await clock.advance(Duration.parse('1s'));
  assert.deepEqual(probe.values, [{ rpm: 0 }, { rpm: 1 }]);
  await assert.rejects(fan.action(SetFan)({ percent: 101 }), /too fast/);
  assert.deepEqual(await fan.stop(), []);
});
`;

const jestConfig = {
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      join(nodeModules, '@swc/jest'),
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

interface Runner {
  readonly folder: string;
  /** What npm installs beside the core; none of Jest, which is here. */
  readonly packages: readonly string[];
  readonly importTest: string;
  readonly command: readonly string[];
}

const runners: readonly Runner[] = [
  {
    folder: 'jest',
    packages: [],
    importTest: "import { test } from '@jest/globals';",
    command: [
      '--experimental-vm-modules',
      join(nodeModules, 'jest/bin/jest.js'),
      '--config',
      JSON.stringify(jestConfig),
    ],
  },
  ...['vitest@3.2.7', 'vitest@4.1.12'].map((version) => ({
    folder: version,
    packages: [version],
    importTest: "import { test } from 'vitest';",
    command: ['node_modules/vitest/vitest.mjs', 'run'],
  })),
  {
    folder: 'tsx',
    packages: ['tsx@4.23.15'],
    importTest: "import { test } from 'node:test';",
    command: ['--import', 'tsx', '--test', 'fan.test.ts'],
  },
];

let folder: string;

/** The core as npm publishes it, and each runner in a folder below, so that all find the one core. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-runners-'));
  const pack = ['pack', '--ignore-scripts', '--pack-destination', folder];
  await run('npm', pack, { cwd: join(repository, 'packages/core') });
  await Promise.all([
    install(folder, ['./devicerc-core-0.1.0.tgz']),
    ...runners.map(async (runner) => {
      const project = join(folder, runner.folder);
      mkdirSync(project);
      if (runner.packages.length > 0) await install(project, runner.packages);
      writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
      writeFileSync(join(project, 'tsconfig.json'), '{ "compilerOptions": { "experimentalDecorators": true } }');
      writeFileSync(join(project, 'fan.ts'), plugin);
      writeFileSync(join(project, 'fan.test.ts'), tests(runner.importTest));
    }),
  ]);
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function install(project: string, packages: readonly string[]): Promise<void> {
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--prefix', project, ...quiet, ...packages], { cwd: project });
}

test.each(runners.map((runner) => [runner.folder, runner] as const))(
  'a plugin is tested with the kit under %s',
  (_name, { folder: project, command }) => {
    // What this runner has set for its own workers is not for another one.
    const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, NODE_OPTIONS: _options, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      cwd: join(folder, project),
      encoding: 'utf8',
      env: { ...env, NO_COLOR: '1' },
    });
    const said = stdout + stderr;
    expect([status, said]).toEqual([0, expect.stringMatching(/(?:Tests:? +|pass )2\b/)]);
  },
  120_000,
);
