import type { SourceRange } from './diagnostic.js';

const widestLine = 120;
const tab = '  ';

/** The line before the range and the line of it, numbered, with carets below what is meant. Long lines are cut around it. */
export function codeFrame(text: string, { start, end }: SourceRange): string {
  const lines = text.split(/\r?\n/);
  const line = lines[start.line - 1] ?? '';
  const before = line.slice(0, start.column - 1);
  const marked = end.line === start.line ? line.slice(start.column - 1, end.column - 1) : line.slice(start.column - 1);
  const left = widened(before).length;
  const width = Math.max(1, widened(marked).length);
  const cut = left + width > widestLine ? Math.max(0, left - widestLine / 3) : 0;
  const gutter = String(start.line).length;
  const numbered = (number: number): string => {
    const shown = `${String(number).padStart(gutter)} | ${window(lines[number - 1]!, cut)}`;
    return shown.trimEnd();
  };
  const carets = '^'.repeat(Math.min(width, widestLine - (left - cut)));
  const caretLine = `${' '.repeat(gutter)} | ${' '.repeat(left - cut + (cut > 0 ? 1 : 0))}${carets}`;
  const first = Math.max(1, start.line - 1);
  const shown = start.line <= lines.length ? [...new Set([first, start.line])].map(numbered) : [];
  return [...shown, caretLine].join('\n');
}

function widened(text: string): string {
  return text.replaceAll('\t', tab);
}

/** The part of the line from a column on, with an ellipsis where something is left out. */
function window(line: string, from: number): string {
  const wide = widened(line);
  const shown = wide.slice(from, from + widestLine);
  return `${from > 0 ? '…' : ''}${shown}${from + widestLine < wide.length ? '…' : ''}`;
}
