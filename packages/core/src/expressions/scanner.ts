import type { Span } from './span.js';

/**
 * Where the `}}` stands that ends the expression from `start` on; undefined when none does. Braces of maps and all that
 * stands in quotes or in a comment belong to the expression (CEL language definition, "Syntax").
 */
export function endOfExpression(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' || character === "'") at = endOfString(text, at) - 1;
    else if (text.startsWith('//', at)) at = endOfLine(text, at);
    else if (character === '{') depth++;
    else if (character === '}' && depth > 0) depth--;
    else if (text.startsWith('}}', at)) return at;
  }
  return undefined;
}

/**
 * The span with the parentheses that it cuts in two: the tree ends `(a || b) && c` at `c` but starts it at `a`.
 */
export function withParentheses(text: string, { start, end }: Span): Span {
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' || character === "'") at = endOfString(text, at) - 1;
    else if (text.startsWith('//', at)) at = endOfLine(text, at);
    else if (character === '(') open.push(at);
    else if (character === ')') {
      const partner = open.pop();
      if (partner === undefined || inside(partner, start, end) === inside(at, start, end)) continue;
      [start, end] = [Math.min(start, partner), Math.max(end, at + 1)];
    }
  }
  return { start, end };
}

function inside(offset: number, start: number, end: number): boolean {
  return offset >= start && offset < end;
}

/** The offset behind the closing quote. An unclosed string ends with the text: the expression's own error will say so. */
function endOfString(text: string, start: number): number {
  const quote = text[start]!;
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + delimiter.length; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith(delimiter, at)) return at + delimiter.length;
  }
  return text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}
