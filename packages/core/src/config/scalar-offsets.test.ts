import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Document, parseDocument, Scalar } from 'yaml';
import { Findings } from './findings.js';
import { entryOf, type ScalarNode } from './source-node.js';
import { parseYaml } from './yaml-source.js';

async function scalarOf(yaml: string): Promise<ScalarNode> {
  const findings = new Findings();
  const node = entryOf(entryOf(await parseYaml('f.yml', yaml, findings), 'rule')?.value, 'when')?.value;
  expect(findings.diagnostics).toEqual([]);
  if (node?.kind !== 'scalar') throw new TypeError(`no scalar in ${yaml}`);
  return node;
}

/** What stands in the file for each character of the text. */
async function written(yaml: string): Promise<{ text: string; places: string[] }> {
  const { source } = await scalarOf(yaml);
  const places = [...source.text].map((_character, index) => {
    const { start, end } = source.rangeOf(index, index + 1);
    return yaml.slice(start.offset, end.offset);
  });
  return { text: source.text, places };
}

const styles = [
  Scalar.PLAIN,
  Scalar.QUOTE_SINGLE,
  Scalar.QUOTE_DOUBLE,
  Scalar.BLOCK_LITERAL,
  Scalar.BLOCK_FOLDED,
] as const;
const fragments = fc.constantFrom(
  'a',
  'bc',
  ' ',
  '  ',
  '\n',
  "'",
  '"',
  '\\',
  '&& x.y',
  'é',
  '#',
  ': ',
  '{',
  '\t',
  '- ',
  '😀',
);
const texts = fc.array(fragments, { minLength: 1, maxLength: 24 }).map((parts) => parts.join(''));

describe('a text knows where each of its characters stands in the file', () => {
  test.each(styles)('in the style %s, for any text', async (style) => {
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(0, 24, 80), fc.boolean(), async (text, lineWidth, crlf) => {
        const scalar = new Scalar(text);
        scalar.type = style;
        const lf = new Document({ rule: { when: scalar, then: 1 } }).toString({ lineWidth });
        const yaml = crlf ? lf.replaceAll('\n', '\r\n') : lf;
        const { source } = await scalarOf(yaml);
        expect(source.text).toBe(String(parseDocument(yaml).getIn(['rule', 'when'])));
        let previous = -1;
        for (let index = 0; index < source.text.length; index += 1) {
          const { start } = source.rangeOf(index, index + 1);
          const character = source.text[index]!;
          const raw = yaml[start.offset];
          expect(start.offset).toBeGreaterThanOrEqual(previous);
          expect(raw === character || raw === '\\' || (' \n'.includes(character) && /[\s]/.test(raw ?? '\n'))).toBe(
            true,
          );
          if (raw === character && character.trim() !== '') expect(start.offset).toBeGreaterThan(previous);
          const before = yaml.slice(0, start.offset);
          expect(start.line).toBe(before.split('\n').length);
          expect(start.column).toBe(start.offset - before.lastIndexOf('\n'));
          previous = start.offset;
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test.each([
    ['plain', 'rule:\n  when: a &&\n    b\n', ['a', ' ', '&', '&', '\n', 'b']],
    ['single-quoted', "rule: { when: 'a''b' }", ['a', "'", 'b']],
    ['double-quoted', 'rule: { when: "a\\tb\\u0041" }', ['a', '\\', 'b', '\\']],
    ['literal', 'rule:\n  when: |-\n    a\n      b\n', ['a', '\n', ' ', ' ', 'b']],
    ['folded', 'rule:\n  when: >-\n    a\n    b\n\n    c\n', ['a', '\n', 'b', '\n', 'c']],
  ])('in a %s text', async (_style, yaml, places) => {
    expect((await written(yaml)).places).toEqual(places);
  });
});
