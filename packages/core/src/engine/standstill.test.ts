import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BehaviorSubject, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { RealTimeEngine } from './real-time-engine.fixture.js';

interface Reading {
  readonly on: boolean;
  readonly number: number;
}

let line: BehaviorSubject<Reading>;
/** What happens while a rule looks at the line. */
let meanwhile: () => void;
let calls: string[];

@stateStream({ name: 'line', summary: 'As a test says.', value: z.object({ on: z.boolean(), number: z.number() }) })
class Line implements StateStream<unknown, Reading> {
  open(): Observable<Reading> {
    return line;
  }

  sample(_parameters: unknown, latest: Reading): Reading {
    meanwhile();
    return latest;
  }
}

@action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({ text: z.string() }) })
class Reboot implements Action<{ text: string }, void> {
  async run({ text }: { text: string }): Promise<void> {
    calls.push(text);
  }
}

let world: RealTimeEngine;
beforeEach(() => {
  line = new BehaviorSubject<Reading>({ on: false, number: 0 });
  meanwhile = () => undefined;
  calls = [];
  world = new RealTimeEngine([definePlugin({ name: 'machine', api: '^1.0.0', streams: [Line], actions: [Reboot] })]);
});
afterEach(() => world.end());

const sleep = (time: string): Promise<void> => world.clock.sleep(Duration.parse(time), 'test');

/** As a process does that is stopped in the middle of what it does. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The line is on for half a second; then the process stands still in the middle of a rule's look at it. */
async function stopAtTheNextLook(isOnAfterwards: boolean): Promise<void> {
  line.next({ on: true, number: 1 });
  await sleep('500ms');
  meanwhile = () => {
    meanwhile = () => undefined;
    setImmediate(() => line.next({ on: isOnAfterwards, number: 3 }));
    standStill(3_500);
  };
  line.next({ on: true, number: 2 });
}

test('a level that ended while the process stood still in the middle of its decision does not fire', async () => {
  await world.start(`
  held: { when: line.on, for: 2s, then: [{ do: machine.reboot, with: { text: held } }] }
`);
  await stopAtTheNextLook(false);
  await sleep('2500ms');
  expect(calls).toEqual([]);
});

test('a level that outlasts such a standstill fires after what was watched of it', async () => {
  await world.start(`
  held: { when: line.on, for: 2s, then: [{ do: machine.reboot, with: { text: "on \${{ line.number }}" } }] }
`);
  await stopAtTheNextLook(true);
  await sleep('500ms');
  expect(calls).toEqual([]);
  await sleep('2500ms');
  expect(calls).toEqual(['on 3']);
});
