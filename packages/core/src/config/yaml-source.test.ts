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
