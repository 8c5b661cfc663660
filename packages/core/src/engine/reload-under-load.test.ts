import { afterEach, expect, test } from '@jest/globals';
import { BehaviorSubject, Subject, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

const isProof = Boolean(process.env['DEVICERC_PROVE']);
const swaps = isProof ? 50 : 12;
const eventsOfSwap = isProof ? 200 : 50;
/** Virtual time between two swaps. */
const pace = 12;

interface Pulse {
  readonly id: number;
}

const pulses = new Subject<Pulse>();
const marks: { readonly text: string; readonly at: number }[] = [];
const pulse = z.object({ id: z.number() });

@eventStream({ name: 'load.pulses', summary: 'Pulses of the test.', value: pulse })
class Pulses implements EventStream<unknown, Pulse> {
  open(): Observable<Pulse> {
    return pulses;
  }
}

@stateStream({ name: 'line', summary: 'A line that stays on.', value: z.object({ on: z.boolean() }) })
class Line implements StateStream<unknown, { on: boolean }> {
  open(): Observable<{ on: boolean }> {
    return new BehaviorSubject({ on: true });
  }
}

@action({ name: 'load.mark', summary: 'Notes a text.', effects: [], input: z.object({ text: z.string() }) })
class Mark implements Action<{ text: string }, void> {
  async run({ text }: { text: string }): Promise<void> {
    marks.push({ text, at: bench.clock.boottime() });
  }
}

const load = definePlugin({ name: 'load', api: '^1.0.0', streams: [Pulses, Line], actions: [Mark] });

let bench: EngineBench;
afterEach(() => bench.end());

const holdsFor = swaps * pace - 1;
const unchanged = `
  counting:
    on: [{ load.pulses: , where: event.id >= 0.0 }]
    mode: parallel
    max: 1000
    then: [{ do: load.mark, with: { text: "pulse \${{ event.id }}" } }]
  holding:
    when: line.on
    for: ${holdsFor}s
    then: [{ do: load.mark, with: { text: held } }]
  waiting:
    when: line.on
    then: [{ wait: ${holdsFor}s }, { do: load.mark, with: { text: waited } }]
`;
const changing = (edition: number): string => `
  changing:
    on: [{ load.pulses: , where: event.id < 0.0 }]
    then: [{ do: load.mark, with: { text: "edition ${edition}" } }]
`;

test(`${swaps * eventsOfSwap} events meet ${swaps} swaps of the file, every third of them broken: none is lost, no timer starts anew, the old file goes on`, async () => {
  bench = new EngineBench([load]);
  await bench.start(unchanged + changing(0));
  const begin = bench.clock.boottime();
  let id = 0;
  let inForce = 0;
  for (let swap = 1; swap <= swaps; swap++) {
    const isBroken = swap % 3 === 0;
    bench.write(unchanged + changing(swap) + (isBroken ? '  broken: { when: line.off, then: 7' : ''));
    const reload = bench.engine.reload();
    for (let event = 0; event < eventsOfSwap; event++) {
      pulses.next({ id: id++ });
      if (event % 10 === 0) await new Promise(setImmediate);
    }
    expect(await reload).toMatchObject({ applied: !isBroken });
    if (!isBroken) inForce = swap;
    // A changed rule starts when its former text has come to its end.
    await bench.advance('1s');
    pulses.next({ id: -1 });
    await bench.advance(`${pace - 1}s`);
    expect(marks.findLast(({ text }) => text.startsWith('edition'))?.text).toBe(`edition ${inForce}`);
  }
  const said = marks.map(({ text }) => text);
  expect(said.filter((text) => text.startsWith('pulse'))).toEqual(Array.from({ length: id }, (_, n) => `pulse ${n}`));
  const timed = marks.filter(({ text }) => text === 'held' || text === 'waited');
  const lateBy = timed.map(({ at }) => at - begin - holdsFor * 1_000);
  expect(timed.map(({ text }) => text).sort()).toEqual(['held', 'waited']);
  // The engine had started a moment before the test looked at the clock.
  expect(Math.max(...lateBy.map(Math.abs))).toBeLessThanOrEqual(10);
  expect(bench.engine.status().rules.find(({ rule }) => rule === 'counting')).toMatchObject({ runs: id, refusals: {} });
}, 300_000);
