import { describe, expect, test } from '@jest/globals';
import { codeFrame } from './code-frame.js';
import { coreError, coreErrorTable } from './core-errors.js';
import { errorReference } from './error-reference.js';
import type { Diagnostic, SourceRange } from './diagnostic.js';
import { diagnosticsToJson, formatDiagnostics } from './report.js';
import { didYouMean } from './suggestion.js';
import { describeError } from './user-message.js';

const range = (line: number, column: number, width = 1, file = 'a.yml'): SourceRange => ({
  file,
  start: { line, column, offset: 0 },
  end: { line, column: column + width, offset: 0 },
});

describe('a code frame', () => {
  test('shows the line with the one before it, and carets below what is meant', () => {
    expect(codeFrame('version: 1\nrulse: {}\n', range(2, 1, 5))).toBe('1 | version: 1\n2 | rulse: {}\n  | ^^^^^');
  });

  test('keeps the carets in place behind tabs', () => {
    expect(codeFrame('\tkey: value', range(1, 2, 3))).toBe('1 |   key: value\n  |   ^^^');
  });

  test('cuts a long line around the place', () => {
    const frame = codeFrame(`${'a'.repeat(500)}HERE${'b'.repeat(500)}`, range(1, 501, 4));
    const [line, carets] = frame.split('\n') as [string, string];
    expect(line.length).toBeLessThan(130);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE');
  });
});

const finding = (code: string, at?: SourceRange): Diagnostic => ({
  code,
  severity: 'error',
  message: `About ${code}.`,
  remedy: 'Mend it.',
  ...(at && { range: at }),
});

describe('a report', () => {
  const findings = [
    finding('C', range(2, 5)),
    finding('D', range(1, 1, 1, 'b.yml')),
    finding('B', range(2, 1)),
    finding('A'),
  ];

  test('tells all findings in the order of their places', () => {
    expect(diagnosticsToJson(findings).map(({ code }) => code)).toEqual(['A', 'B', 'C', 'D']);
  });

  test('has place, message, code, frame and remedy, without colours unless asked', () => {
    const readSource = (file: string): string | undefined => (file === 'a.yml' ? 'x\nab  c' : undefined);
    const report = formatDiagnostics([findings[0]!], readSource, { color: false });
    expect(report).toBe('a.yml:2:5 error About C. [C]\n  1 | x\n  2 | ab  c\n    |     ^\n  Mend it.');
    expect(formatDiagnostics(findings, readSource, { color: true })).toContain('\u001B[31merror');
  });
});

test.each<[string, string | undefined]>([
  ['supervisr', 'supervisor'],
  ['cuont', 'count'],
  ['NTPSyncronized', 'NTPSynchronized'],
  ['x', undefined],
  ['temperature', undefined],
])('"%s" was meant to be %s', (name, meant) => {
  expect(didYouMean(name, ['supervisor', 'count', 'NTPSynchronized', 'device'])).toBe(meant);
});

test('a user is never shown a stack, whatever was thrown', () => {
  expect(describeError(coreError('DURATION_MALFORMED', 'No.')).code).toBe('DURATION_MALFORMED');
  expect(describeError(new TypeError('broken'))).toMatchObject({ code: 'INTERNAL_FAULT', message: 'broken' });
  expect(describeError('text')).toMatchObject({ code: 'INTERNAL_FAULT', message: 'text' });
});

describe('the table of errors', () => {
  test.each(Object.entries(coreErrorTable))(
    '%s has a summary and a remedy that are sentences',
    (_code, { summary, remedy }) => {
      expect(summary).toMatch(/^[A-Z`].*\.$/s);
      expect(remedy).toMatch(/\.$/);
    },
  );

  test('becomes a reference page with every code', () => {
    expect(errorReference({ plugin: { A_CODE: { summary: 'It broke.', remedy: 'Mend it.' } } })).toContain(
      '## plugin\n\n### A_CODE\n\nIt broke.\n\nMend it.\n',
    );
  });
});
