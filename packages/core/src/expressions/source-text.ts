import type { Position } from '../diagnostics/diagnostic.js';
import type { SourceText } from './expression.js';

/** An expression that is the whole of its file, such as the argument of `devicerc eval`. */
export function plainSource(text: string, file = '<expression>'): SourceText {
  return { text, rangeOf: (start, end) => ({ file, start: positionIn(text, start), end: positionIn(text, end) }) };
}

/** The part of a source from `start` to `end`; its ranges still point into the user's file. */
export function sliceSource(source: SourceText, start: number, end: number): SourceText {
  return {
    text: source.text.slice(start, end),
    rangeOf: (from, to) => source.rangeOf(start + from, start + to),
  };
}

function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), offset };
}
