import { coverageOf, mergeCoverage } from './coverage.js';
import type { TestSuite } from './load-tests.js';
import { playTest, type PlayedTest } from './play-test.js';
import type { PlayedTests } from './test-report.js';

/** Plays the tests one after the other. @param filter a text that their names hold; left out: all */
export async function runTests(suites: readonly TestSuite[], filter = ''): Promise<PlayedTests> {
  const played: PlayedTest[] = [];
  const coverages = [];
  for (const { tests, files, model } of suites) {
    const own: PlayedTest[] = [];
    for (const test of tests) if (test.name.includes(filter)) own.push(await playTest(test, files));
    played.push(...own);
    coverages.push(coverageOf(model, own));
  }
  return { played, coverage: mergeCoverage(coverages) };
}
