import { Scalar } from 'yaml';

/** A block scalar as the concrete syntax tree holds it. */
export interface BlockScalarSource {
  /** The header, such as `|2-`. */
  readonly header: string;
  /** Indentation of the parent. */
  readonly indent: number;
  /** The lines below the header. */
  readonly body: string;
  /** Offset of the body in the file. */
  readonly offset: number;
}

/** A decoded text that knows for each of its UTF-16 units where in the file it was written. */
export class OffsetText {
  text = '';
  readonly offsets: number[] = [];

  add(text: string, offset: number): void {
    for (let index = 0; index < text.length; index += 1) this.offsets.push(offset + index);
    this.text += text;
  }

  /** Adds what one place in the file stands for: an escape sequence, a folded line break. */
  addAt(text: string, offset: number): void {
    for (let index = 0; index < text.length; index += 1) this.offsets.push(offset);
    this.text += text;
  }
}

/** Decodes a plain, single-quoted or double-quoted scalar (YAML 1.2.2, section 7.3). */
export function decodeFlowScalar(raw: string, offset: number, style: string | null | undefined): OffsetText {
  if (style === Scalar.QUOTE_DOUBLE) return decodeDoubleQuoted(raw, offset);
  if (style !== Scalar.QUOTE_SINGLE) return unfoldLines(raw, offset);
  return joinQuotePairs(unfoldLines(raw.slice(1, raw.endsWith("'") && raw.length > 1 ? -1 : undefined), offset + 1));
}

/** A single line break is a space; of several, all but the first are kept. Blanks around a break are not content. */
function unfoldLines(raw: string, offset: number): OffsetText {
  const result = new OffsetText();
  const lines = linesOf(raw);
  let breaks: number[] = [];
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1;
    const content = isLast ? line.text : line.text.replace(/[ \t]+$/, '');
    const lead = index === 0 ? 0 : /^[ \t]*/.exec(content)![0].length;
    if (index > 0 && (isLast || lead < content.length)) {
      addBreaks(result, breaks);
      breaks = [];
    }
    result.add(content.slice(lead), offset + line.start + lead);
    breaks.push(offset + line.start + line.text.length);
  }
  return result;
}

function addBreaks(result: OffsetText, breaks: readonly number[]): void {
  if (breaks.length === 1) result.addAt(' ', breaks[0]!);
  for (const at of breaks.slice(1)) result.addAt('\n', at);
}

function linesOf(raw: string): { text: string; start: number }[] {
  const lines = [];
  let start = 0;
  for (const match of raw.matchAll(/\r?\n/g)) {
    lines.push({ text: raw.slice(start, match.index), start });
    start = match.index + match[0].length;
  }
  lines.push({ text: raw.slice(start), start });
  return lines;
}

function joinQuotePairs(unfolded: OffsetText): OffsetText {
  const result = new OffsetText();
  for (let index = 0; index < unfolded.text.length; index += 1) {
    result.addAt(unfolded.text[index]!, unfolded.offsets[index]!);
    if (unfolded.text[index] === "'" && unfolded.text[index + 1] === "'") index += 1;
  }
  return result;
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

const escapeSequence = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\r?\n[ \t]*|[^])/y;
const blanksAndBreaks = /[ \t]*(?:\r?\n[ \t]*)+/y;

function decodeDoubleQuoted(raw: string, offset: number): OffsetText {
  const result = new OffsetText();
  const end = raw.endsWith('"') && raw.length > 1 ? raw.length - 1 : raw.length;
  let at = 1;
  while (at < end) {
    const sequence = matchAt(escapeSequence, raw, at);
    const fold = matchAt(blanksAndBreaks, raw, at);
    if (sequence) result.addAt(unescape(sequence), offset + at);
    else if (fold) addFold(result, fold[0], offset + at);
    else result.add(raw[at]!, offset + at);
    at += (sequence ?? fold)?.[0].length ?? 1;
  }
  return result;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unescape(match: RegExpExecArray): string {
  const code = match[1] ?? match[2] ?? match[3];
  if (code !== undefined) {
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : match[0];
  }
  const character = match[0].slice(1);
  return /^\r?\n/.test(character) ? '' : (escapes[character] ?? character);
}

function addFold(result: OffsetText, text: string, offset: number): void {
  addBreaks(
    result,
    [...text.matchAll(/\r?\n/g)].map((match) => offset + match.index),
  );
}

/** Decodes a literal or folded block scalar (YAML 1.2.2, section 8.1). */
export function decodeBlockScalar({ header, indent, body, offset }: BlockScalarSource): OffsetText {
  const lines = linesOf(body).map(({ text, start }) => {
    const blanks = /^ */.exec(text)![0].length;
    return { blanks, content: text.slice(blanks), start: offset + start, end: offset + start + text.length };
  });
  const firstWithText = lines.findIndex((line) => line.content !== '');
  const explicit = /[1-9]/.exec(header);
  const margin = explicit
    ? indent + Number(explicit[0])
    : Math.max(indent, lines[firstWithText]?.blanks ?? Math.max(...lines.map((line) => line.blanks)));
  const text = (line: (typeof lines)[number]): string => ' '.repeat(Math.max(0, line.blanks - margin)) + line.content;
  const place = (line: (typeof lines)[number]): number => line.start + Math.min(line.blanks, margin);

  let contentEnd = lines.length - 1;
  while (contentEnd > 0 && text(lines[contentEnd - 1]!) === '') contentEnd -= 1;
  const result = new OffsetText();
  const folded = header.startsWith('>');
  let breaks: number[] = [];
  let previousIsMore = true;
  for (const [index, line] of lines.slice(0, contentEnd).entries()) {
    const isMore = line.blanks > margin || line.content.startsWith('\t');
    if (text(line) === '') {
      breaks.push(line.end);
      continue;
    }
    const folds = folded && !isMore && !previousIsMore;
    if (folds) addBreaks(result, breaks);
    else for (const at of breaks) result.addAt('\n', at);
    result.add(text(line), place(line));
    breaks = index === contentEnd - 1 ? [] : [line.end];
    previousIsMore = isMore;
  }
  addChomped(
    result,
    header,
    lines.slice(Math.max(0, contentEnd - 1)).map((line) => line.end),
    contentEnd > 0,
  );
  return result;
}

/** `-` strips the line breaks at the end, `+` keeps them all, otherwise there is one. */
function addChomped(result: OffsetText, header: string, ends: readonly number[], hasContent: boolean): void {
  const kept = header.includes('-')
    ? []
    : header.includes('+')
      ? ends.slice(0, -1)
      : hasContent
        ? ends.slice(0, 1)
        : [];
  for (const at of kept) result.addAt('\n', at);
}
