import { expect, test } from '@jest/globals';
import { Findings } from './findings.js';
import { parseYaml } from './yaml-source.js';

test.each([
  ['when: !clock.synchronized', '!clock.synchronized'],
  ['when: !clock.synchronized == ready # soon', '!clock.synchronized'],
  ['on: { when: !ready &here yes }', '!ready'],
  ['when: !\n  yes', '!'],
])('a tag is told at its own place: %j', async (yaml, tag) => {
  const findings = new Findings();
  await parseYaml('f.yml', yaml, findings);
  const [{ code, range }] = findings.diagnostics as [(typeof findings.diagnostics)[number]];
  expect({ code, at: yaml.slice(range!.start.offset, range!.end.offset) }).toEqual({ code: 'YAML_TAG', at: tag });
});

async function codesOf(yaml: string): Promise<readonly string[]> {
  const findings = new Findings();
  await parseYaml('f.yml', yaml, findings);
  return findings.diagnostics.map(({ code, range }) => `${code} @ line ${range?.start.line}`);
}

test.each<[string, (depth: number) => string]>([
  ['lists', (depth) => `rules: ${'['.repeat(depth)}${']'.repeat(depth)}`],
  ['lists without an end', (depth) => `rules: ${'['.repeat(depth)}`],
  ['maps', (depth) => `rules: ${'{ a: '.repeat(depth)}1${'}'.repeat(depth)}`],
  ['JSON', (depth) => `{ "rules": ${'[{ "a": '.repeat(depth)}1${'}]'.repeat(depth)} }`],
  ['lists of dashes', (depth) => `${'- '.repeat(depth)}a`],
  ['explicit keys', (depth) => `${'? '.repeat(depth)}a`],
  ['keys without a name', (depth) => ': '.repeat(depth)],
])('%s that are nested without end are one error, whatever the depth', async (_name, write) => {
  for (const depth of [100, 2_000, 100_000]) expect(await codesOf(write(depth))).toEqual(['CONFIG_TOO_DEEP @ line 1']);
});

test('so are mappings below each other', async () => {
  const lines = Array.from({ length: 1_400 }, (_, depth) => `${' '.repeat(depth)}a:\n`);
  expect(await codesOf(lines.join(''))).toEqual([expect.stringMatching(/^CONFIG_TOO_DEEP @ line 7\d$/)]);
});

test('64 levels are read', async () => {
  expect(await codesOf(`${'['.repeat(64)}a${']'.repeat(64)}`)).toEqual([]);
  expect(await codesOf(`${'['.repeat(65)}a${']'.repeat(65)}`)).toEqual(['CONFIG_TOO_DEEP @ line 1']);
});

const megabyte = 2 ** 20;

test.each([
  ['elements', `[${'a,'.repeat(megabyte / 2 - 2)}]`],
  ['lines of a list', '- a\n'.repeat(megabyte / 4)],
  ['empty keys', ':\n'.repeat(megabyte / 2)],
  ['equal keys', 'a: 1\n'.repeat(megabyte / 5)],
  ['anchors', '- &a x\n'.repeat(megabyte / 7)],
  ['aliases', `- &a x\n${'- *a\n'.repeat(megabyte / 5 - 2)}`],
  ['tags', '- !x y\n'.repeat(megabyte / 7)],
  ['quotes', '"'.repeat(megabyte)],
  ['signs', '! '.repeat(megabyte / 2)],
  ['documents', '---\n'.repeat(megabyte / 4)],
  ['directives', '%\n'.repeat(megabyte / 2)],
])('a megabyte of %s is one error, and soon', async (_name, yaml) => {
  const before = process.cpuUsage();
  expect(await codesOf(yaml)).toEqual([expect.stringMatching(/^CONFIG_TOO_LARGE @ line/)]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(5);
});

test.each([
  ['unknown aliases', '- *a\n', 'YAML_ALIAS'],
  ['tags', '- !x y\n', 'YAML_TAG'],
  ['equal keys', 'a: 1\n', 'YAML_DUPLICATE_KEY'],
])('%s by the ten thousand are reported a hundred times', async (_name, line, code) => {
  const codes = await codesOf(line.repeat(20_000));
  expect(codes).toHaveLength(100);
  expect(codes[0]).toBe(`${code} @ line ${code === 'YAML_DUPLICATE_KEY' ? 2 : 1}`);
});

test('an alias is the latest part that bears its name, also where that is a key', async () => {
  const findings = new Findings();
  const root = await parseYaml('f.yml', '- &a 1\n- *a\n- &a 2\n- *a\n- { &k key: 1 }\n- *k\n', findings);
  expect(findings.diagnostics).toEqual([]);
  const values = root?.kind === 'sequence' && root.items.map((item) => (item.kind === 'scalar' ? item.value : '{}'));
  expect(values).toEqual([1, 1, 2, 2, '{}', 'key']);
});
