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

/** The offset behind the closing quote. An unclosed string ends with the text: the expression's own error will say so. */
function endOfString(text: string, start: number): number {
  const quote = text[start]!;
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const raw = /(?<![\w])[rR]$/.test(text.slice(Math.max(0, start - 2), start));
  for (let at = start + delimiter.length; at < text.length; at++) {
    if (text[at] === '\\' && !raw) at++;
    else if (text.startsWith(delimiter, at)) return at + delimiter.length;
  }
  return text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}
