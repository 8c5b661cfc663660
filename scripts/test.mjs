/**
 * `npm test`: everything. `--prove` is the same with larger counts; `--fast` leaves out what needs a machine or a
 * container of its own. Ends with one line that counts the whole suite.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run-step.mjs';

const flags = new Set(process.argv.slice(2));
const prove = flags.delete('--prove');
const fast = flags.delete('--fast');

run('bash', ['scripts/setup-debian.sh', fast ? '--start' : '--test']);
if (!flags.delete('--no-build')) run(process.execPath, ['scripts/build.mjs']);

const cache = join(root, '.cache');
const report = join(cache, 'test-report.json');
mkdirSync(cache, { recursive: true });
rmSync(report, { force: true });

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
    // The two longest proofs take half an hour each and mostly wait: the third worker has the processor meanwhile.
    ...(prove ? ['--maxWorkers=3', '--testSequencer=<rootDir>/scripts/longest-proof-first.mjs'] : []),
    ...(fast ? ['--testPathIgnorePatterns', '\\.system\\.test\\.ts$'] : []),
    ...flags,
  ],
  {
    cwd: root,
    // A proof prints what it counted.
    stdio: ['ignore', prove ? 'inherit' : 'ignore', 'inherit'],
    env: { ...process.env, ...(prove && { DEVICERC_PROVE: '1' }) },
  },
);

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites, testResults } =
  JSON.parse(readFileSync(report, 'utf8'));
const skipped = testResults
  .flatMap((file) => file.assertionResults)
  .filter((test) => test.status === 'pending' || test.status === 'todo');
// The titles tell why: a group that cannot run here has the reason in its name.
const leftOut = new Set(skipped.map((test) => test.ancestorTitles[0] ?? test.title));
if (leftOut.size > 0)
  console.log(`\nLeft out on this machine:\n${[...leftOut].map((title) => `  ${title}`).join('\n')}`);
const failed = numFailedTests + numRuntimeErrorTestSuites;
console.log(`\n${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
process.exit(status === 0 && failed === 0 ? 0 : 1);
