import { readFileSync } from 'node:fs';
import { handWritten, type MalformedFile } from './malformed-by-hand.fixture.js';

interface Mutation {
  readonly name: string;
  /** The changed line, or undefined when the mutation does not apply to it. */
  change(line: string): string | undefined;
}

const block = /^(\s*(?:- )?)([A-Za-z][\w.-]*):(?: (.*))?$/;

/** Each makes a good line bad, so that the error belongs to that very line. */
const mutations: readonly Mutation[] = [
  {
    name: 'rename-key',
    change: (line) =>
      freeKey(line)
        ? undefined
        : line.replace(block, (_all, lead, key, rest) => `${lead}${key}x:${rest === undefined ? '' : ` ${rest}`}`),
  },
  { name: 'unit-dropped', change: (line) => replaced(line, /\b(\d+)(?:ms|s|m|h)\b/, '$1') },
  { name: 'unit-unknown', change: (line) => replaced(line, /\b(\d+)(?:ms|s|m|h)\b/, '$1 weeks') },
  { name: 'action-unknown', change: (line) => replaced(line, /(\bdo: )([a-z.-]+)/, '$1$2-x') },
  { name: 'bracket-lost', change: (line) => replaced(line, /[}\]]([^}\]]*)$/, '$1') },
  { name: 'bracket-added', change: (line) => (/[{[]/.test(line) ? `${line.replace(/\s+#.*$/, '')} ]` : undefined) },
  { name: 'quote-lost', change: (line) => replaced(line, /"([^"]*)$/, '$1') },
  { name: 'expression-cut', change: (line) => replaced(line, /^(\s+(?:when|while|if): )(.*?)"?$/, '$1"ntp.NTP && ("') },
  {
    name: 'expression-of-unknown',
    change: (line) => replaced(line, /^(\s+(?:when|while|if): ).*$/, '$1nowhere.to_be == true'),
  },
  {
    name: 'expression-not-boolean',
    change: (line) => replaced(line, /^(\s+(?:when|while|if): ).*$/, '$1device.uptime'),
  },
  { name: 'template-broken', change: (line) => replaced(line, /\$\{\{[^}]*\}\}/, '${{ 1 + }}') },
  { name: 'template-unclosed', change: (line) => replaced(line, /(\$\{\{[^}]*)\}\}/, '$1') },
  { name: 'template-of-unknown', change: (line) => replaced(line, /\$\{\{[^}]*\}\}/, '${{ nobody.knows }}') },
  { name: 'number-as-text', change: (line) => replaced(line, /\b(runs|attempts|times): \d+/, '$1: three') },
  { name: 'number-negative', change: (line) => replaced(line, /\b(runs|attempts|times): \d+/, '$1: -1') },
  {
    name: 'list-for-value',
    change: (line) => replaced(line, /^(\s+(?:when|while|if|for|key|mode|description): ).*$/, '$1[a, b]'),
  },
  {
    name: 'mapping-for-value',
    change: (line) => replaced(line, /^(\s+(?:when|while|if|for|key|mode|do|from): ).*$/, '$1{ a: b }'),
  },
  { name: 'value-lost', change: (line) => replaced(line, /^(\s+(?:when|while|if|for|mode|from|as|key): ).*$/, '$1') },
  {
    name: 'key-twice',
    change: (line) =>
      /^\s+(?:when|while|if|for|mode|from|as|key|then|on|until|finally|limit|hold):/.test(line) ? `${line}` : undefined,
  },
  { name: 'tag-added', change: (line) => replaced(line, /^(\s+(?:- )?[a-zA-Z-]+:) (?=\S)/, '$1 !thing ') },
  { name: 'tab-indented', change: (line) => replaced(line, /^ {2,}(?=\S)/, '\t') },
  { name: 'alias-unknown', change: (line) => replaced(line, /^(\s+[a-zA-Z-]+:) (?=\S).*$/, '$1 *unknown') },
  { name: 'colon-lost', change: (line) => replaced(line, /^(\s+(?:when|while|if|for|mode|from)): /, '$1 ') },
  { name: 'unknown-flow-key', change: (line) => replaced(line, /\{ (?=[a-z])/, '{ unheard-of: 1, ') },
  { name: 'stream-unknown', change: (line) => replaced(line, /\b(udev|dbus\.properties)\b(?=:|$)/, '$1x') },
  { name: 'control-character', change: (line) => replaced(line, /^(\s+(?:when|while|if): )/, '$1@') },
];

/** Names that a user is free to choose: another one is no fault at that line. */
function freeKey(line: string): boolean {
  return (
    /^ {2}[\w-]+:/.test(line) ||
    (/^\s+(?:destination|path|properties|unit|poll)/.test(line) === false && !block.test(line))
  );
}

function replaced(line: string, pattern: RegExp, replacement: string): string | undefined {
  const result = line.replace(pattern, replacement);
  return result === line ? undefined : result;
}

function mutated(good: string): MalformedFile[] {
  const lines = good.split('\n');
  return mutations.flatMap(({ name, change }) =>
    lines.flatMap((line, index) => {
      const changed = isPluginOption(line) ? undefined : change(line);
      if (changed === undefined) return [];
      const isTwice = name === 'key-twice';
      const before = lines.slice(0, index);
      const text = [
        ...before,
        ...(isTwice ? [`${/^\s*/.exec(line)![0]}${/[\w-]+/.exec(line)![0]}: x`] : []),
        changed,
        ...lines.slice(index + 1),
      ].join('\n');
      return [
        {
          name: `${name}-line-${index + 1}`,
          text,
          lines: [
            index + 1,
            ...(spreads(name) ? [index + 2, nextLineOf(lines, index), lines.length] : []),
            ...(isTwice ? [index + 2] : []),
          ],
        },
      ];
    }),
  );
}

/** Options are checked by the plugin's own schema, when it is loaded. */
function isPluginOption(line: string): boolean {
  return line.includes('poll: 15s');
}

/** A lost bracket or quote is seen where the next line cannot follow, or at the end of what it leaves open. */
function spreads(name: string): boolean {
  return ['bracket-lost', 'quote-lost', 'tab-indented', 'colon-lost', 'value-lost'].includes(name);
}

function nextLineOf(lines: readonly string[], index: number): number {
  const next = lines.findIndex((line, at) => at > index && line.trim() !== '');
  return next < 0 ? lines.length : next + 1;
}

/** The file cut in the middle of a flow mapping or a quoted text: seen at the last line that is left. */
function truncated(good: string): MalformedFile[] {
  const files: MalformedFile[] = [];
  for (const match of good.matchAll(/[{["](?=[^\n]*[}\]"])/g)) {
    const text = good.slice(0, match.index + 1);
    const line = text.split('\n').length;
    if (!/#/.test(text.split('\n').at(-1)!)) files.push({ name: `cut-at-${match.index}`, text, lines: [line] });
  }
  return files;
}

/** Everything that goes wrong in a good file: each line changed in each way that fits it, and the file cut short. */
export function malformedFrom(good: string): readonly MalformedFile[] {
  return [...mutated(good), ...truncated(good)];
}

/** Every file that `check` has to refuse. */
export const malformedFiles: readonly MalformedFile[] = [
  ...handWritten,
  ...malformedFrom(readFileSync(new URL('./good/whole-grammar.yml', import.meta.url), 'utf8')),
];
