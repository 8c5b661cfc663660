import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Secrets } from '../diagnostics/secrets.js';
import { action, type Action } from '../actions/action.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { EngineBench } from './engine.fixture.js';
import { EngineView } from './engine-view.js';

const key = 'new-key-of-the-supervisor';
let view: EngineView;
let secrets: Secrets;

@action({
  name: 'box.key',
  summary: 'Reads a key.',
  effects: [],
  input: z.object({ text: z.string() }),
  output: z.object({ key: z.string() }),
})
class ReadKey implements Action<{ text: string }, { key: string }> {
  constructor(given: Secrets, shown: EngineView) {
    secrets = given;
    view = shown;
  }

  async run({ text }: { text: string }): Promise<{ key: string }> {
    return { key: text };
  }
}

const rules = `
  read:
    on: [{ custom: { event: go } }]
    then: [{ do: box.key, as: read, with: { text: "\${{ event.data }}" } }]
`;
const plugins = ['box', 'shelf'].map((name) =>
  definePlugin({ name, api: '^1.0.0', actions: name === 'box' ? [ReadKey] : [] }),
);

let bench: EngineBench;
beforeEach(async () => {
  bench = new EngineBench(plugins);
  await bench.start(rules);
  bench.engine.emit('go', `Bearer ${key}`);
  await bench.advance('1s');
});
afterEach(() => bench.end());

function shown(): string {
  const { runs } = view.traces() as unknown as { readonly runs: readonly { readonly id: string }[] };
  return JSON.stringify([view.status(), runs.map(({ id }) => view.trace(id)), bench.engine.traces()]);
}

test('what a plugin learns at run time is taken out of all that is shown from there on', async () => {
  expect(shown()).toContain(key);
  secrets.add('key', key);
  bench.engine.emit('go', `Bearer ${key}`);
  await bench.advance('1s');
  expect(JSON.stringify(view.traces())).toContain('succeeded');
  expect(JSON.stringify(bench.engine.traces({ rule: 'read', last: 1 }))).toContain('Bearer ***');
  expect(JSON.stringify(view.trace(lastRun()))).not.toContain(key);
  expect(secrets.mask(`see ${Buffer.from(key).toString('base64')}`)).toBe('see ***');
});

test('it stays so after a reload that starts the plugins anew', async () => {
  secrets.add('key', key);
  const former = secrets;
  writeFileSync(bench.file, `version: 1\nplugins: [{ use: box }]\nrules:${rules}`);
  expect(await bench.engine.reload()).toMatchObject({ applied: true });
  bench.engine.emit('go', key);
  await bench.advance('1s');
  expect(secrets).not.toBe(former);
  expect(secrets.mask(`a ${key}`)).toBe('a ***');
});

test('one that is too short to be masked is named in a warning, with its plugin', () => {
  secrets.add('pin', '123');
  secrets.add('pin', '123');
  const warnings = bench.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(warnings).toEqual(['Secrets of fewer than 4 characters are not masked in logs and answers: box: pin.']);
});

function lastRun(): string {
  return bench.engine.traces({ rule: 'read', last: 1 })[0]!.id;
}
