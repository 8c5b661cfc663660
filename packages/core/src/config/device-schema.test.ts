import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { checkText } from './check.fixture.js';
import { deviceJsonSchema } from './device-schema.js';
import { malformedFiles } from './malformed.fixture.js';
import { registry } from './registry.fixture.js';

const accepts = new Ajv2020({ strict: false, logger: false }).compile(deviceJsonSchema(registry));
const goodFolder = fileURLToPath(new URL('./good/', import.meta.url));

test('the schema accepts every good file', async () => {
  for (const name of await readdir(goodFolder)) {
    const isAccepted = accepts(parse(await readFile(goodFolder + name, 'utf8')));
    expect({ name, errors: isAccepted ? [] : accepts.errors }).toEqual({ name, errors: [] });
  }
});

/**
 * What a schema of the file cannot know, by the code that the check gives: everything that needs the text of the
 * file (places, tags, duplicates), another file, the machine, an expression, or the names that the file itself defines.
 */
const leftToTheCheck: Readonly<Record<string, string>> = {
  YAML_SYNTAX: 'an editor reports it before any schema is asked',
  YAML_DUPLICATE_KEY: 'a parser keeps one of the two, the schema sees no second',
  YAML_MULTIPLE_DOCUMENTS: 'the schema sees one document at a time',
  YAML_TAG: 'the schema sees the value behind the tag',
  YAML_ALIAS: 'the schema sees the tree after aliases',
  YAML_KEY: 'the schema sees keys as texts',
  CONFIG_TOO_DEEP: 'a bound on the text',
  CONFIG_TOO_LARGE: 'a bound on the text',
  INCLUDE_NOT_FOUND: 'needs the other file',
  INCLUDE_CYCLE: 'needs the other file',
  PLUGIN_OPTION_TEMPLATE: 'options belong to the schema of the plugin',
  PARALLEL_DISRUPTIONS: 'needs the effects of actions',
  SECRET_MISSING: 'needs the machine',
  NAME_TAKEN: 'names that the file defines elsewhere',
  NAME_INVALID: 'words of CEL are not listed in the schema',
  NAME_UNAVAILABLE: 'needs the expression language',
  STREAM_UNKNOWN: 'a pattern may name a stream of the file, which the schema does not know',
  STREAM_KIND_WRONG: 'as for STREAM_UNKNOWN',
  RULE_UNKNOWN: 'names that the file defines elsewhere',
  FIELD_UNKNOWN: 'schemas without strict keys accept more; a field may also belong to a named stream',
  FIELD_INVALID: 'types of expressions, and checks that JSON Schema cannot say',
  FIELD_MISSING: 'input of `hold`, and fields of named streams',
  KEY_CONFLICT: 'keys whose meaning depends on the value of another one, such as max and mode',
  KEY_MISSING: 'as for KEY_CONFLICT, and patterns of streams that the file names',
  VALUE_INVALID: 'a duration of zero and other bounds beyond a pattern',
  VALUE_TYPE: 'a key with an empty value, where a value of any kind is welcome',
  EXPRESSION: 'needs the expression language',
  DURATION_MALFORMED: 'a duration inside an expression; one that stands alone the schema refuses too',
};

test('what the schema accepts and the check rejects is only what a schema cannot know', async () => {
  const unjustified: string[] = [];
  for (const { name, text, beside } of malformedFiles) {
    let value: unknown;
    try {
      value = parse(text, { logLevel: 'silent' });
    } catch {
      continue;
    }
    if (!accepts(value)) continue;
    const { diagnostics } = await checkText(text, beside);
    const codes = diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code }) => (/^(EXPRESSION|TEMPLATE)_/.test(code) ? 'EXPRESSION' : code));
    if (!codes.some((code) => code in leftToTheCheck)) unjustified.push(`${name}: ${codes.join(', ')}`);
  }
  expect(unjustified).toEqual([]);
}, 300_000);
