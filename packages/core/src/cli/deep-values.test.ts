import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RunningEngine } from './running-engine.fixture.js';

const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
let engine: RunningEngine;

beforeEach(() => {
  engine = new RunningEngine();
});
afterEach(() => engine.remove());

test('an event that is nested 2,500 deep is refused at the socket, and the engine goes on', async () => {
  await engine.start(
    "  a: { on: [{ custom: { event: door } }], then: [{ do: log, with: { message: 'door ${{ event.data }}' } }] }\n",
  );
  for (const command of [
    ['emit', 'door', nested(2_500)],
    ['try', 'a', '--event', `{"event":"door","data":${nested(2_500)}}`],
  ]) {
    const { code, out, error } = await engine.ask(...command);
    expect({ code, said: out + error }).toEqual({
      code: 1,
      said: expect.stringMatching(/CONTROL_REQUEST: .* nested deeper than 100 levels/),
    });
  }
  expect(await engine.ask('emit', 'door', nested(90))).toMatchObject({ code: 0 });
  expect((await engine.ask('status')).out).toContain('running');
  expect(await engine.stop()).toBe(0);
}, 60_000);
