/** `npm run check`: what a reviewer should not have to look for. Runs every check before it says no. */
import { spawnSync } from 'node:child_process';
import { root } from './run-step.mjs';

const checks = [
  ['types', 'tsc', '-p', 'tsconfig.check.json'],
  ['lint and the direction of imports', 'eslint', '.'],
  ['circles between files', 'depcruise', '--config', '.dependency-cruiser.cjs', 'packages'],
  [
    'dead exports',
    'ts-unused-exports',
    'tsconfig.check.json',
    '--excludePathsFromReport=src/index.ts;examples/;scripts/',
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
