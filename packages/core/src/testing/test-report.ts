import { relative } from 'node:path';
import { styleText } from 'node:util';
import { escapeControls, escapeLines } from '../diagnostics/control-characters.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Coverage } from './coverage.js';
import { expectationText } from './judge.js';
import type { PlayedTest } from './play-test.js';
import { timeLine, type Paint } from './time-line.js';

export interface PlayedTests {
  readonly played: readonly PlayedTest[];
  readonly coverage: Coverage;
}

export interface TestReportOptions {
  readonly color: boolean;
  /** Paths are shown as seen from here. */
  readonly folder: string;
}

/** For a terminal: each test, the time line of each that failed, what no test covers, and a summary at the end. */
export function testReport({ played, coverage }: PlayedTests, { color, folder }: TestReportOptions): string {
  const paint: Paint = (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
  const place = (range: SourceRange): string => placeText(range, folder);
  const tests = played.map((test) => testText(test, paint, place));
  const uncovered = uncoveredText(coverage, paint, place);
  return [...tests, ...(uncovered === '' ? [] : ['', uncovered]), '', summaryText(played, paint)].join('\n');
}

/** The same for programs. */
export function testReportJson({ played, coverage }: PlayedTests): unknown {
  return {
    tests: played.map(({ test, record, failures }) => ({
      name: test.name,
      file: test.range.file,
      line: test.range.start.line,
      passed: failures.length === 0,
      failures: failures.map(({ expectation, message }) => ({
        expected: expectationText(expectation),
        message,
        file: expectation.range.file,
        line: expectation.range.start.line,
        column: expectation.range.start.column,
      })),
      happenings: record.happenings,
      calls: record.calls.map(({ at, action, rule, attempt, input }) => ({ at, action, rule, attempt, input })),
    })),
    coverage: {
      rules: coverage.rules.map(({ rule, range, isFired }) => ({ rule, fired: isFired, ...lineOf(range) })),
      branches: coverage.branches.map(({ rule, branch, range, isTaken }) => ({
        rule,
        branch,
        taken: isTaken,
        ...lineOf(range),
      })),
    },
    passed: played.filter(isGood).length,
    failed: played.filter((test) => !isGood(test)).length,
  };
}

function testText(played: PlayedTest, paint: Paint, place: (range: SourceRange) => string): string {
  const { test, failures } = played;
  if (isGood(played)) return `${paint('green', 'pass')}  ${escapeControls(test.name)}`;
  return [
    `${paint(['red', 'bold'], 'FAIL')}  ${escapeControls(test.name)}`,
    ...failures.map(
      ({ expectation, message }) => `  ${place(expectation.range)}  ${paint('red', escapeLines(message))}`,
    ),
    '',
    ...timeLine(played, paint).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function uncoveredText({ rules, branches }: Coverage, paint: Paint, place: (range: SourceRange) => string): string {
  const silent = rules.filter(({ isFired }) => !isFired);
  const names = new Set(silent.map(({ rule }) => rule));
  const untaken = branches.filter(({ rule, isTaken }) => !isTaken && !names.has(rule));
  return [
    ...silent.map(
      ({ rule, range }) => `${paint('yellow', 'never ran')}    ${escapeControls(rule)}  ${paint('dim', place(range))}`,
    ),
    ...untaken.map(
      ({ rule, branch, range }) =>
        `${paint('yellow', 'never taken')}  ${branch} of ${escapeControls(rule)}  ${paint('dim', place(range))}`,
    ),
  ].join('\n');
}

function summaryText(played: readonly PlayedTest[], paint: Paint): string {
  const passed = played.filter(isGood).length;
  const failed = played.length - passed;
  return `${paint('green', `${passed} passed`)}, ${failed > 0 ? paint('red', `${failed} failed`) : '0 failed'}`;
}

export function isGood({ failures }: PlayedTest): boolean {
  return failures.length === 0;
}

function placeText({ file, start }: SourceRange, folder: string): string {
  const path = relative(folder, file);
  return `${escapeControls(path.startsWith('..') ? file : path)}:${start.line}:${start.column}`;
}

function lineOf({ file, start }: SourceRange): { readonly file: string; readonly line: number } {
  return { file, line: start.line };
}
