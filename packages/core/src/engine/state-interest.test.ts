import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import type { Lost, Partly } from '../streams/reading.js';
import { combineFields } from '../streams/combine-fields.js';
import { StreamHub } from '../streams/stream-hub.js';
import { stateStream, type StateInterest, type StateStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

const tanks = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'] as const;
/** What a tank takes to answer. */
const answerTime = 2_000;
/** What happens between two answers of a tank. */
const period = 5_000;
const level = z.object({ level: z.number(), valve: z.string() });
type Level = z.output<typeof level>;
type Farm = Record<string, Level | number>;
const farm: z.ZodType<Farm> = z.object({
  ...Object.fromEntries(tanks.map((tank) => [tank, level])),
  pumps: z.number(),
});

/** Which sources were opened and closed, in their order; and what the tanks hold. */
let events: string[] = [];
let levels: Record<string, number | 'silent'> = {};
/** Of each opening of the stream as a whole. */
let openings = 0;

@stateStream({ name: 'farm', summary: 'Twelve tanks, each with a source of its own.', value: farm })
class FarmStream implements StateStream<unknown, Farm> {
  constructor(private readonly clock: Clock) {}

  open(_parameters: unknown, interest: StateInterest): Observable<Farm | Partly<Farm> | Lost> {
    openings++;
    const unread = Object.fromEntries(tanks.map((tank) => [tank, { level: 0, valve: 'unread' }]));
    const sources = Object.fromEntries(tanks.map((tank) => [tank, () => this.#tank(tank)]));
    return combineFields<Farm>(interest, { ...unread, pumps: 3 }, sources);
  }

  #tank(tank: string): Observable<Level> {
    return new Observable((follower) => {
      events.push(`+${tank}`);
      const answer = (): void => {
        if (levels[tank] !== 'silent') follower.next({ level: levels[tank] ?? 50, valve: 'shut' });
        timer = this.clock.schedule(period, answer, `answer of ${tank}`);
      };
      let timer = this.clock.schedule(answerTime, answer, `answer of ${tank}`);
      return () => {
        events.push(`-${tank}`);
        timer.cancel();
      };
    });
  }
}

/** Shows the farm to a person. */
@injectable()
class Page {
  constructor(readonly streams: StreamHub) {
    pages.push(this);
  }
}

const plugin = definePlugin({ name: 'farm', api: '^1.0.0', streams: [FarmStream], services: [Page] });
/** One for each start of the plugin. */
let pages: Page[] = [];
let bench: EngineBench;

beforeEach(() => {
  [events, levels, openings, pages] = [[], {}, 0, []];
  bench = new EngineBench([plugin]);
});
afterEach(() => bench.end());

const said = (name: string, when: string, text: string): string => `
  ${name}: { when: "${when}", then: [{ do: log, with: { message: "${text}" } }] }`;
const low = (tank: string): string => said(tank, `farm.${tank}.level < 10.0`, `${tank} is low`);

async function reload(rules: string): Promise<void> {
  bench.write(rules);
  expect(await bench.engine.reload()).toMatchObject({ applied: true });
  await bench.advance('10ms');
}

const takeEvents = (): string[] => events.splice(0).sort();

test('only the sources of the fields that are read are open, over reloads, and each until its last reader leaves', async () => {
  const others = said('c', "farm['c'].valve == 'open' && farm.pumps > 1.0", '${{ farm.d.level }}');
  await bench.start(low('a') + low('b') + others);
  expect(takeEvents()).toEqual(['+a', '+b', '+c', '+d']);
  await bench.advance('3s');
  // b is read by another rule now, e and f are new, c and d are read by nobody.
  const next = low('a') + said('bee', 'farm.b.level < 10.0', 'low') + said('e', 'farm.e == farm.f', 'equal');
  await reload(next);
  expect(takeEvents()).toEqual(['+e', '+f', '-c', '-d']);
  await bench.advance('3s');
  expect(bench.said).toEqual(['equal']);
  // A changed rule that reads the same; and another file of the same meaning.
  await reload(next.replace('is low', 'is very low'));
  await reload(`${next.replace('is low', 'is very low')}\n`);
  expect([takeEvents(), openings]).toEqual([[], 1]);
  await reload(said('whole', "size(dyn(farm)) > 100.0 || farm.a.valve == 'none'", 'never'));
  expect(takeEvents()).toEqual(['+c', '+d', '+g', '+h', '+i', '+j', '+k', '+l']);
  await reload(low('l'));
  expect(takeEvents()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((tank) => `-${tank}`));
  await reload(said('none', 'clock.synchronized && false', 'never'));
  expect([takeEvents(), openings]).toEqual([['-l'], 1]);
  await reload(low('a'));
  expect([takeEvents(), openings]).toEqual([['+a'], 2]);
});

test('a rule that begins to read a field waits until it is read, and takes nothing that stands in its place for it', async () => {
  await bench.start(low('a'));
  await bench.advance('3s');
  levels = { a: 5 };
  // Were the 0 of an unread tank taken for its level, this would fire.
  await reload(low('a') + low('b') + said('c', "farm.c.valve == 'unread'", 'unread'));
  await bench.advance('1s');
  expect(bench.engine.explain('b').condition).toMatchObject({ is: 'lost', detail: 'farm is lost: not read yet.' });
  expect(bench.engine.explain('a').condition).toMatchObject({ is: 'false' });
  await bench.advance('2s');
  expect(bench.engine.explain('b').condition).toMatchObject({ is: 'false' });
  expect(bench.said).toEqual([]);
  // The tank is opened again, and low by now.
  levels = { b: 5 };
  await reload(low('a'));
  await reload(low('a') + low('b'));
  await bench.advance('3s');
  expect(bench.said).toEqual(['b is low']);
});

test('a rule whose former text takes a while to end has its sources kept open', async () => {
  const rule = (text: string): string => `
  slow:
    when: farm.a.level > 10.0
    then: [{ wait: 1h }]
    finally: [{ wait: 5s }, { do: log, with: { message: "${text}" } }]
`;
  await bench.start(rule('first'));
  await bench.advance('3s');
  await reload(rule('second'));
  await bench.advance('6s');
  expect(bench.said).toEqual(['first']);
  expect(bench.engine.status().rules[0]).toMatchObject({ state: 'running' });
  expect([takeEvents(), openings]).toEqual([['+a'], 1]);
});

test('a source that never answers keeps no rule from what others give', async () => {
  await bench.start(low('a'));
  await bench.advance('3s');
  levels = { a: 5, b: 'silent' };
  await reload(low('a') + low('b'));
  await bench.advance('1m');
  expect(bench.said).toEqual(['a is low']);
  expect(bench.engine.explain('b').condition).toMatchObject({ is: 'lost' });
});

test('a person is shown what is read and nothing that stands in the place of the rest, and opens nothing by that', async () => {
  await bench.start(said('a', "farm['a'].level > 10.0 && farm.a.valve == 'shut'", 'shut') + low('b'));
  await bench.advance('3s');
  expect(takeEvents()).toEqual(['+a', '+b']);
  const [farmStatus] = bench.engine.status().streams;
  expect(farmStatus).toMatchObject({ subscribers: 2, reading: { quality: 'ok' } });
  expect(farmStatus!.reading!.value).toEqual({ a: { level: 50, valve: 'shut' }, b: { level: 50 } });
  const { condition } = bench.engine.view.why('a').explanation;
  expect(condition).toMatchObject({ is: 'true' });
  expect(JSON.stringify(condition)).toContain('50');
  expect(JSON.stringify(condition)).not.toContain('unread');
  await bench.advance('1m');
  expect([takeEvents(), openings]).toEqual([[], 1]);
});

test('a person who looks at a page reads as a rule does, over reloads, until the page is left', async () => {
  await bench.start(low('a'));
  const farmOf = pages[0]!.streams.state({ stream: 'farm', parameters: {} });
  const seen: unknown[] = [];
  const looking = farmOf.only(['b'], ['c', 'valve']).changes.subscribe(({ quality, value }) => {
    if (quality === 'ok') seen.push((value as Record<string, Level>)['c']!.valve);
  });
  await bench.advance('3s');
  expect([takeEvents(), seen]).toEqual([['+a', '+b', '+c'], ['shut']]);
  await reload(low('b'));
  expect(takeEvents()).toEqual(['-a']);
  const lookingAtAll = farmOf.changes.subscribe();
  await bench.advance('1s');
  expect(takeEvents()).toHaveLength(10);
  lookingAtAll.unsubscribe();
  looking.unsubscribe();
  await bench.advance('1s');
  expect(takeEvents()).toEqual(tanks.filter((tank) => tank !== 'b').map((tank) => `-${tank}`));
  await reload(said('none', 'clock.synchronized && false', 'never'));
  expect([takeEvents(), openings]).toEqual([['-b'], 1]);
});
