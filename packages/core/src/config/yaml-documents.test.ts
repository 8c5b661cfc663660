import { expect, test } from '@jest/globals';
import { type CST, isCollection, isNode, LineCounter, parseAllDocuments, visit } from 'yaml';
import { Turns } from '../clock/turns.js';
import { composeDocuments } from './yaml-documents.js';
import { readTokens } from './yaml-tokens.js';

const rules = (count: number, rule: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => rule(n)).join('');

/** Everything of a document that a device file is read from: its nodes with their places, and what is wrong with it. */
function contentOf(documents: Iterable<ReturnType<typeof parseAllDocuments>[number]>): unknown {
  return [...documents].map((document) => {
    const nodes: unknown[] = [];
    visit(document, {
      Node: (_key, node) => {
        const { range, tag, anchor } = node as { range?: unknown; tag?: string; anchor?: string };
        nodes.push({ range, tag, anchor, is: isCollection(node) ? node.items.length : String(node) });
      },
    });
    const errors = document.errors.map(({ code, message, pos }) => ({ code, message, pos }));
    return { nodes, errors, isNode: isNode(document.contents) };
  });
}

test.each([
  ['nothing', ''],
  ['a comment', '# only a comment\n'],
  ['a few rules', 'version: 1\nrules:\n' + rules(7, (n) => `  r${n}: { when: a, then: [${n}] }\n`)],
  ['many', 'version: 1\nrules:\n' + rules(333, (n) => `  # rule ${n}\n  r${n}:\n    when: a\n    then: [${n}]\n\n`)],
  [
    'two long mappings with Windows line ends',
    'rules: # the rules\r\n' +
      rules(120, (n) => `    r${n}: # one\r\n        when: >-\r\n            a\r\n            b\r\n`) +
      'streams:\r\n' +
      rules(101, (n) => `  s${n}: !x\r\n`) +
      '# end\r\n',
  ],
  [
    'aliases',
    'rules: &all\n' + rules(120, (n) => (n ? `  r${n}: { <<: *base, n: ${n} }\n` : '  r0: &base { when: a }\n')),
  ],
  ['a tab far below', 'rules:\n' + rules(120, (n) => (n === 70 ? '\tr70: tab\n' : `  r${n}: 1\n`))],
  ['bad indents', 'rules:\n' + rules(120, (n) => (n === 70 ? '   r70: 1\n' : n === 90 ? ' r90: 1\n' : `  r${n}: 1\n`))],
  [
    'bad syntax',
    'rules:\n' + rules(120, (n) => (n === 70 ? '  r70\n' : n === 110 ? '  r110: "open\n' : `  r${n}: [1}\n`)),
  ],
  ['a key that is none', '"foo"\nrules:\n' + rules(120, (n) => `  r${n}: 1\n`)],
  ['a key that is none', '? foo\nrules:\n' + rules(120, (n) => `  r${n}: 1\n`)],
  ['a directive', '%YAML 1.2\n---\nrules:\n' + rules(120, (n) => `  r${n}: 1\n`)],
  ['two documents', 'a: 1\n---\nrules:\n' + rules(120, (n) => `  r${n}: 1\n`)],
  ['JSON', JSON.stringify({ rules: Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`r${n}`, n])) })],
])('parsed in pieces it is what it is in one go: %s', async (_name, text) => {
  const options = { keepSourceTokens: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
  const lines = new LineCounter();
  const whole = parseAllDocuments(text, { ...options, version: '1.2', lineCounter: lines });
  const linesOfPieces = new LineCounter();
  const turns = new Turns();
  const tokens = await readTokens(text, linesOfPieces, { depth: 64, parts: 10_000 }, turns);
  const pieces = await composeDocuments(tokens as CST.Token[], turns);
  expect(contentOf(pieces)).toEqual(contentOf(whole));
  expect(linesOfPieces.lineStarts).toEqual(lines.lineStarts);
});
