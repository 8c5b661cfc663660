/** `npm run check`: what a reviewer should not have to look for. Runs every check before it says no. */
import { spawnSync } from 'node:child_process';
import { root } from './run-step.mjs';

/** Reached by `await import()` alone, which the search for dead exports does not see. */
const loadedLate = [
  'plugins/module-hooks',
  'plugins/plugin-reference',
  'cli/',
  'engine/examination',
  'config/device-file',
];

const checks = [
  // The bundle's entry and the scripts import what the build writes.
  ['build', 'tsc', '-b'],
  ['types', 'tsc', '-p', 'tsconfig.check.json'],
  ['lint and the direction of imports', 'eslint', '.'],
  ['circles between files', 'depcruise', '--config', '.dependency-cruiser.cjs', 'packages'],
  [
    'dead exports',
    'ts-unused-exports',
    'tsconfig.check.json',
    '--allowUnusedTypes',
    `--excludePathsFromReport=${['src/index.ts', 'examples/', 'scripts/', ...loadedLate].join(';')}`,
  ],
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
];

let failed = false;
for (const [title, program, ...arguments_] of checks) {
  const { status } = spawnSync('npx', ['--no-install', program, ...arguments_], { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'good' : 'BAD '}  ${title}`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
