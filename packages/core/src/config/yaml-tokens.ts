import { CST, Lexer, Parser, type LineCounter } from 'yaml';
import type { Turns } from '../clock/turns.js';

/** Why a text is not read to its end, and where. */
export interface Excess {
  readonly of: 'depth' | 'size';
  readonly offset: number;
}

export interface YamlBounds {
  /** Of collections inside of one another. */
  readonly depth: number;
  /** Keys, values, and what stands before them, such as `-` or an anchor. */
  readonly parts: number;
}

/** Blanks, comments and what ends a part cost little. */
const parts: ReadonlySet<CST.TokenType | null> = new Set<CST.TokenType>([
  'scalar',
  'single-quoted-scalar',
  'double-quoted-scalar',
  'block-scalar-header',
  'alias',
  'anchor',
  'tag',
  'flow-map-start',
  'flow-seq-start',
  'seq-item-ind',
  'map-value-ind',
  'explicit-key-ind',
  'doc-start',
  'directive-line',
]);

/** What the parser holds besides the collections: the document, and the scalar that it reads. */
const besidesCollections = 8;

/**
 * Takes a text apart, and stops where it exceeds a bound: to make a tree of a few thousand levels needs more stack than there
 * is, and one of a million values more memory than a small device has.
 */
export async function readTokens(
  text: string,
  lines: LineCounter,
  { depth, parts: most }: YamlBounds,
  turns: Turns,
): Promise<CST.Token[] | Excess> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    if (turns.areDue()) await turns.next();
    if (parts.has(CST.tokenType(lexeme))) count += 1;
    if (count > most) return { of: 'size', offset: parser.offset };
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > depth + besidesCollections) return { of: 'depth', offset: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}
