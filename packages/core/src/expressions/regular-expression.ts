import { RE2JS } from 're2js';
import { coreError } from '../diagnostics/core-errors.js';

const cacheSize = 200;
const compiled = new Map<string, RE2JS>();

/**
 * Whether the pattern (RE2 syntax, https://github.com/google/re2/wiki/Syntax) is found in the text, in time linear in the
 * text: the pattern or the text may come from outside.
 *
 * @throws DeviceError `EXPRESSION_PATTERN`
 */
export function matchesPattern(text: string, pattern: string): boolean {
  return patternOf(pattern).matcher(text).find();
}

/** @throws DeviceError `EXPRESSION_PATTERN` */
export function patternOf(pattern: string): RE2JS {
  let regularExpression = compiled.get(pattern);
  if (!regularExpression) {
    try {
      regularExpression = RE2JS.compile(pattern);
    } catch (cause) {
      throw coreError('EXPRESSION_PATTERN', `"${pattern}" is not a regular expression: ${(cause as Error).message}.`, {
        cause,
      });
    }
    if (compiled.size >= cacheSize) compiled.delete(compiled.keys().next().value!);
    compiled.set(pattern, regularExpression);
  }
  return regularExpression;
}
