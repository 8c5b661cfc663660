import { afterEach, describe, expect, test } from '@jest/globals';
import { BehaviorSubject, Subject, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { EngineBench } from './engine.fixture.js';
import { RealTimeEngine } from './real-time-engine.fixture.js';

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

describe('a reload under load', () => {
  afterEach(() => bench.end());

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
    expect(bench.engine.status().rules.find(({ rule }) => rule === 'counting')).toMatchObject({
      runs: id,
      refusals: {},
    });
  }, 300_000);

  /** Work asks for a turn of the event loop at each second occasion, so that events come at each of them. */
  class RestlessClock extends VirtualClock {
    #asked = 0;

    override isTurnDue(): boolean {
      return this.#asked++ % 2 === 0;
    }
  }

  test('an event that comes while the rules change one after the other is heard once by each, whatever its name', async () => {
    const count = 12;
    const rule = (name: string, edition: number): string => `
  ${name}: { on: [{ load.pulses: }], mode: parallel, max: 1000, then: [{ do: load.mark, with: { text: "${edition}" } }] }`;
    const names = (edition: number): string[] => [
      ...Array.from({ length: count }, (_, n) => `same${n}`),
      `edition${edition}`,
      ...Array.from({ length: count }, (_, n) => `last${n}`),
    ];
    const file = (edition: number): string =>
      `${names(edition)
        .map((name) => rule(name, edition))
        .join('')}\n`;
    bench = new EngineBench([load], new RestlessClock());
    await bench.start(file(0));
    let id = 0;
    for (let edition = 1; edition <= 2; edition++) {
      bench.write(file(edition));
      let isOver = false;
      const reload = bench.engine.reload().finally(() => (isOver = true));
      while (!isOver) {
        pulses.next({ id: id++ });
        await new Promise(setImmediate);
      }
      expect(await reload).toMatchObject({ applied: true });
      await bench.advance('1s');
    }
    const starts = new Map<string, number>();
    for (const { message } of bench.log.lines) {
      const name = /^(same\d+|last\d+|edition)\d* runs: event/.exec(message)?.[1];
      if (name) starts.set(name, (starts.get(name) ?? 0) + 1);
    }
    const expected = names(0).map((name) => [name.replace('edition0', 'edition'), id]);
    expect(Object.fromEntries(starts)).toEqual(Object.fromEntries(expected));
  });
});

test('the start and the reload of 3,000 rules leave the event loop its turns', async () => {
  const world = new RealTimeEngine();
  const rules = (edition: number): string =>
    Array.from(
      { length: 1_500 },
      (_, n) => `
  level${n}: { when: "device.load.oneMinute >= ${edition}.0", for: 10m, then: [{ do: log, with: { message: high } }, { wait: 1s }] }
  event${n}: { on: [{ custom: { event: e${n} } }], if: "device.uptime > duration('${edition}m')", then: [{ do: log, with: { message: "\${{ event.event }}" } }] }`,
    ).join('') + '\n';
  try {
    await world.start(rules(1));
    world.write(rules(2));
    expect(await world.engine.reload()).toMatchObject({ applied: true });
    expect(world.engine.status().rules.length).toBe(3_000);
  } finally {
    await world.end();
  }
  // A slice has 10 ms; garbage collection and a busy machine may add to it. In one go, they held the loop for seconds.
  expect(world.watch.longest).toBeLessThan(250);
  expect(world.watch.turns).toBeGreaterThan(50);
}, 60_000);
