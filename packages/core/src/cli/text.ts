import { Duration } from '../clock/duration.js';
import { escapeControls, escapeLines } from '../diagnostics/control-characters.js';

/** A terminal of 80 columns, which a phone shows too. */
const width = 80;

/** Text of a device, made safe for a terminal and broken into lines at spaces, each behind the indentation. */
export function wrapped(text: string, indentation: number, firstIndentation = indentation): string {
  const lines: string[] = [];
  let line = ' '.repeat(firstIndentation);
  let isEmpty = true;
  for (const word of escapeControls(text).split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(indentation);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}

/** `3h2m`, `12s`: the two largest units of a length of time in milliseconds. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const text = Duration.ofMilliseconds(seconds * 1_000).toString();
  return /^(?:\d+[a-z]+){1,2}/.exec(text)?.[0] ?? text;
}

/** JSON for people and programs: indented, and without characters that move a terminal's cursor. */
export function jsonText(value: unknown): string {
  return escapeLines(JSON.stringify(value, null, 2));
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
