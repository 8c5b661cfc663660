import { RE2JS } from 're2js';
import { coreError } from '../diagnostics/core-errors.js';

/** Compiling a pattern takes up to 0.2 ms for each of its letters. */
const longestPattern = 1_000;
const stepsPerPatternLetter = 5_000;
/** To look at a character of the text, and what each instruction of the compiled pattern may add. */
const stepsPerLetter = 4;
const stepsPerInstruction = 0.5;

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
    regularExpression = compile(pattern);
    if (compiled.size >= cacheSize) compiled.delete(compiled.keys().next().value!);
    compiled.set(pattern, regularExpression);
  }
  return regularExpression;
}

/** The steps to look for a compiled pattern in a text. */
export function matchWork(pattern: RE2JS, text: string): number {
  return text.length * (stepsPerLetter + stepsPerInstruction * pattern.programSize());
}

/** The steps to compile a pattern, whether the cache still has it or not, and to look for it. */
export function computedMatchWork(bound: number, text: string, pattern: string): number {
  const compiling = stepsPerPatternLetter * pattern.length;
  return compiling > bound ? compiling : compiling + matchWork(patternOf(pattern), text);
}

function compile(pattern: string): RE2JS {
  if (pattern.length > longestPattern) {
    throw coreError('EXPRESSION_PATTERN', `The pattern is longer than ${longestPattern} characters.`, {
      remedy: 'Split it into several that stand in `||`.',
    });
  }
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw coreError('EXPRESSION_PATTERN', `"${pattern}" is not a regular expression: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
