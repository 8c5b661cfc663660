import { expect, test } from '@jest/globals';
import { checkText } from './check.fixture.js';
import { malformedFiles } from './malformed.fixture.js';

test('there are at least 300 malformed files with different names', () => {
  expect(malformedFiles.length).toBeGreaterThanOrEqual(300);
  expect(new Set(malformedFiles.map((file) => file.name)).size).toBe(malformedFiles.length);
});

test.each(malformedFiles)(
  '$name is refused at its line',
  async ({ text, beside, code, lines }) => {
    const { model, diagnostics } = await checkText(text, beside);
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    expect(model).toBeUndefined();
    const found = errors.map((error) => `${error.code} @ ${error.range?.start.line}: ${error.message}`);
    const matching = errors.filter(
      (error) => lines.includes(error.range?.start.line ?? 0) && (code === undefined || error.code === code),
    );
    expect({ found, isAtItsLine: matching.length > 0 }).toEqual({ found, isAtItsLine: true });
  },
  10_000,
);
