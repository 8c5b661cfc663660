import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { BehaviorSubject, type Observable } from 'rxjs';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { BlackBox } from './black-box/black-box.js';
import { readRecordedBoots } from './black-box/recorded-boots.js';
import { EngineBench } from './engine.fixture.js';

const levels = new BehaviorSubject({ level: 1 });

@stateStream({
  name: 'tank',
  summary: 'A tank.',
  parameters: z.object({ at: z.string() }),
  value: z.object({ level: z.number() }),
})
class Tank implements StateStream<{ at: string }, { level: number }> {
  open(): Observable<{ level: number }> {
    return levels;
  }
}

let bench: EngineBench;
afterEach(() => bench.end());

test('a stream has its parameters beside its name, in traces and in the black box', async () => {
  bench = new EngineBench([definePlugin({ name: 'tanks', api: '^1.0.0', streams: [Tank] })]);
  const folder = join(bench.folder, 'black-box');
  bench.blackBox = new BlackBox(bench.clock, bench.mask, folder);
  await bench.start(`
  each-minute:
    on: [{ schedule: { every: 1m } }]
    then: [{ do: log, with: { message: "\${{ cellar.level }}" } }]
  twice:
    on: [{ count: { of: { schedule: { every: 1m } }, n: 2, within: 5m } }]
    until: [{ schedule: { every: 10m } }]
    then: [{ do: log, with: { message: twice } }]
  full:
    when: attic.level > 5.0
    then: [{ do: log, with: { message: full } }]
streams:
  cellar: { from: tank, with: { at: cellar } }
  attic: { from: tank, with: { at: attic } }
`);
  await bench.advance('2m');
  levels.next({ level: 7 });
  expect(new Set(bench.engine.traces().map(({ rule, cause }) => `${rule}: ${cause}`))).toEqual(
    new Set(['each-minute: event schedule(1m)', 'twice: 2 of (schedule(1m)) within 5m', 'full: when true']),
  );
  await bench.advance('10m');
  await bench.stop();
  const entries = (await readRecordedBoots(folder)).flatMap((boot) => boot.entries);
  const sources = new Set(entries.map(({ kind, source }) => `${kind} ${source}`));
  expect([...sources]).toEqual(
    expect.arrayContaining([
      'event schedule(1m)',
      'event schedule(10m)',
      'reading tank(cellar)',
      'reading tank(attic)',
    ]),
  );
  expect(bench.log.lines.map(({ message }) => message)).toContain('twice is ended: until schedule(10m).');
});
