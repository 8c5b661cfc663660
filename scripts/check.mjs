/** `npm run check`: what a reviewer should not have to look for. Runs every check before it says no. */
import { spawnSync } from 'node:child_process';
import { root } from './run-step.mjs';

/** Reached by `await import()` alone, which the search for dead exports does not see. */
const loadedLate = [
  'plugins/module-hooks',
  'plugins/plugin-reference',
  'cli/',
  'engine/examination',
  'engine/control/health',
  'config/device-file',
];

const node = (...words) => [process.execPath, ...words];
const tool = (...words) => ['npx', '--no-install', ...words];

const checks = [
  // The bundle's entry and the scripts import what the build writes.
  ['build', tool('tsc', '-b')],
  ['types', tool('tsc', '-p', 'tsconfig.check.json')],
  // What a former check found good is not looked at again, as long as neither the file nor the rules changed.
  ['lint and the direction of imports', tool('eslint', '--cache', '--cache-location', '.cache/eslint/', '.')],
  ['circles between files', tool('depcruise', '--config', '.dependency-cruiser.cjs', 'packages')],
  [
    'dead exports',
    tool(
      'ts-unused-exports',
      'tsconfig.check.json',
      '--allowUnusedTypes',
      `--excludePathsFromReport=${['src/index.ts', 'src/testing/index.ts', 'examples/', 'scripts/', ...loadedLate].join(';')}`,
    ),
  ],
  ['format', tool('prettier', '--check', '--cache', '--cache-location', '.cache/prettier', '--log-level=warn', '.')],
  ['generated pages', node('scripts/docs.mjs', '--check')],
  ['error codes', node('scripts/error-codes.mjs')],
];

let failed = false;
for (const [title, [program, ...arguments_]] of checks) {
  const { status } = spawnSync(program, arguments_, { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'good' : 'BAD '}  ${title}`);
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
