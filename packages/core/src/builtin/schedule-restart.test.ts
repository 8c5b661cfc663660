import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Subscription } from 'rxjs';
import { contentOf, LedgerMachine } from '../ledger/ledger-machine.fixture.js';
import { streamDescriptionOf } from '../streams/stream.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { LedgerStore } from '../ledger/ledger-store.js';
import { ScheduleRecords } from './schedule-records.js';
import { ScheduleStream } from './schedule-stream.js';

let machine: LedgerMachine;
let log: RecordingLogger;
/** Each firing by its calendar time, with what it says of missed ones: `01T03:00`, `05T03:00 missed 3`. */
let fired: string[];
let records: ScheduleRecords;
let subscriptions: Subscription[];

beforeEach(() => {
  machine = new LedgerMachine();
  log = new RecordingLogger();
  fired = [];
  subscriptions = [];
});
afterEach(async () => {
  stopStreams();
  await machine.ledger.close();
});

/** Opens schedules on the ledger of the engine that runs now, as the rules would. */
function start(...written: Record<string, unknown>[]): void {
  const { clock, ledger } = machine;
  records = new ScheduleRecords(clock, new LedgerStore(ledger, log, (table) => table));
  records.start();
  const stream = new ScheduleStream(clock, log, ledger, records);
  subscriptions = written.map((parameters) =>
    stream
      .open(streamDescriptionOf(ScheduleStream)!.parameters!.parse(parameters) as never)
      .subscribe(({ scheduled, missed }) => {
        fired.push(`${scheduled.toISOString().slice(8, 16)}${missed > 0 ? ` missed ${missed}` : ''}`);
      }),
  );
}

function stopStreams(): void {
  for (const subscription of subscriptions) subscription.unsubscribe();
  records.dispose();
}

/** kill -9 of the engine and its next start, `gap` later. */
async function kill(gap: string, ...written: Record<string, unknown>[]): Promise<void> {
  stopStreams();
  await machine.advance(gap);
  machine.kill();
  start(...written);
}

/** The machine is off and boots with its calendar at `wall`. */
async function boot(wall: string, ...written: Record<string, unknown>[]): Promise<void> {
  stopStreams();
  await machine.ledger.close();
  machine.boot();
  setWall(wall);
  start(...written);
}

function setWall(wall: string): void {
  machine.clock.jumpWall(Date.parse(wall) - machine.clock.wall().milliseconds);
}

function firstStart(wall: string, ...written: Record<string, unknown>[]): void {
  machine.open();
  setWall(wall);
  start(...written);
}

const daily = { cron: '0 3 * * *', timezone: 'UTC' };
const dailyOnce = { ...daily, 'catch-up': 'once' };

describe('cron over restarts', () => {
  test('what passed while nothing ran is told, and not fired, when catch-up is none', async () => {
    firstStart('2026-01-01T00:00:00Z', daily);
    await machine.advance('4h');
    await boot('2026-01-05T12:00:00Z', daily);
    await machine.advance('1h');
    expect(fired).toEqual(['01T03:00']);
    expect(log.messages).toEqual([expect.stringContaining('missed 4 occurrences: the engine did not run')]);
    await machine.advance('1d');
    expect(fired).toEqual(['01T03:00', '06T03:00']);
  });

  test('is made up for by one event when catch-up is once, and only once', async () => {
    firstStart('2026-01-01T00:00:00Z', dailyOnce);
    await machine.advance('4h');
    await boot('2026-01-05T12:00:00Z', dailyOnce);
    await machine.advance('1m');
    await kill('1m', dailyOnce);
    await machine.advance('1h');
    expect(fired).toEqual(['01T03:00', '05T03:00 missed 3']);
  });

  test('is made up for, too, when the schedule had never fired before', async () => {
    firstStart('2026-01-01T12:00:00Z', dailyOnce);
    await machine.advance('1h');
    await boot('2026-01-02T12:00:00Z', dailyOnce);
    await machine.advance('1m');
    expect(fired).toEqual(['02T03:00']);
  });

  test('a new schedule has nothing to make up for', async () => {
    firstStart('2026-01-05T12:00:00Z', dailyOnce);
    await machine.advance('1h');
    expect(fired).toEqual([]);
    expect(log.messages).toEqual([]);
  });

  test('a clock that fell back for a while makes up for nothing from before the schedule came into use', async () => {
    firstStart('2026-01-01T12:00:00Z', dailyOnce);
    await machine.advance('2m');
    await boot('1970-01-01T00:00:00Z', dailyOnce);
    await machine.advance('2m');
    setWall('2026-01-01T12:10:00Z');
    await machine.advance('2m');
    expect(fired).toEqual([]);
    await machine.advance('1d');
    expect(fired).toEqual(['02T03:00']);
  });

  test('a kill within the minute of an occurrence neither repeats nor loses it', async () => {
    firstStart('2026-01-01T02:59:00Z', daily);
    await machine.advance('1m');
    await kill('1s', daily);
    await machine.advance('1h');
    expect(fired).toEqual(['01T03:00']);
    await machine.advance('22h58m50s');
    await kill('20s', daily);
    await machine.advance('1m');
    expect(fired).toEqual(['01T03:00', '02T03:00']);
  });

  test('nothing fires again on a boot with a clock that is days behind, nor when it is synchronised', async () => {
    firstStart('2026-01-01T00:00:00Z', dailyOnce);
    await machine.advance('3d');
    expect(fired).toHaveLength(3);
    await boot('2026-01-02T02:30:00Z', dailyOnce);
    await machine.advance('1h');
    expect(fired).toHaveLength(3);
    expect(log.messages).toEqual([expect.stringContaining('not again')]);
    setWall('2026-01-06T12:00:00Z');
    await machine.advance('1m');
    expect(fired.slice(3)).toEqual(['06T03:00 missed 2']);
  });

  test('a clock that was in the future once does not silence the schedule', async () => {
    firstStart('2026-01-01T00:00:00Z', daily);
    await machine.advance('1d');
    setWall('2026-01-20T00:00:00Z');
    await machine.advance('4h');
    await boot('2026-01-02T00:00:00Z', daily);
    await machine.advance('2d');
    expect(fired).toEqual(['01T03:00', '20T03:00', '02T03:00', '03T03:00']);
  });

  test('hundreds of firings are one small record, and nothing is written between them', async () => {
    firstStart('2026-01-01T00:00:30Z', { cron: '* * * * *', timezone: 'UTC' });
    await machine.advance('300m');
    expect(fired).toHaveLength(300);
    expect(JSON.stringify(contentOf(machine.ledger)['schedules']).length).toBeLessThan(150);
    const before = JSON.stringify(contentOf(machine.ledger));
    await machine.advance('20s');
    expect(JSON.stringify(contentOf(machine.ledger))).toBe(before);
  });
});

describe('every over restarts', () => {
  test('an hour stays an hour with a restart each 50 minutes', async () => {
    firstStart('2026-01-01T00:00:00Z', { every: '1h' });
    for (let restart = 0; restart < 12; restart++) {
      await machine.advance('50m');
      await kill('1s', { every: '1h' });
    }
    expect(fired.map((time) => time.slice(3))).toEqual([
      '01:00',
      '02:00',
      '03:00',
      '04:00',
      '05:00',
      '06:00',
      '07:00',
      '08:00',
      '09:00',
      '10:00',
    ]);
  });

  test('what fell into a gap is made up for by one event', async () => {
    firstStart('2026-01-01T00:00:00Z', { every: '1h' });
    await machine.advance('59m50s');
    await kill('20s', { every: '1h' });
    await machine.advance('1s');
    expect(fired).toEqual(['01T01:00']);
    await kill('3h', { every: '1h' });
    await machine.advance('1s');
    expect(fired).toEqual(['01T01:00', '01T04:00 missed 2']);
  });

  test('counts the time that the machine was on, whatever its calendar says', async () => {
    firstStart('2026-01-01T00:00:00Z', { every: '1h' });
    await machine.advance('40m');
    await boot('2026-03-01T00:00:00Z', { every: '1h' });
    await machine.advance('19m');
    expect(fired).toEqual([]);
    await machine.advance('2m');
    expect(fired).toHaveLength(1);
  });

  test('a power cut delays it by no more than the device time that was lost', async () => {
    firstStart('2026-01-01T00:00:00Z', { every: '1h' });
    await machine.advance('1h10m');
    stopStreams();
    machine.cutPower();
    start({ every: '1h' });
    await machine.advance('1h');
    expect(fired.length).toBeGreaterThanOrEqual(2);
    expect(fired.length).toBeLessThanOrEqual(3);
  });

  test('less than a minute is not worth a record', async () => {
    firstStart('2026-01-01T00:00:00Z', { every: '10s' });
    await machine.advance('1m');
    expect(fired).toHaveLength(6);
    expect(contentOf(machine.ledger)['schedules']).toBeUndefined();
  });
});

test('the record of a schedule that is gone is removed after a while, that of another stays', async () => {
  firstStart('2026-01-01T00:00:00Z', { every: '1h' }, dailyOnce);
  await machine.advance('1m');
  await kill('1s', dailyOnce);
  await machine.advance('9m');
  expect(Object.keys(contentOf(machine.ledger)['schedules']!)).toHaveLength(2);
  await machine.advance('2m');
  expect(Object.keys(contentOf(machine.ledger)['schedules']!)).toEqual([expect.stringContaining('0 3 * * *')]);
  subscriptions[0]!.unsubscribe();
  await machine.advance('11m');
  expect(contentOf(machine.ledger)['schedules']).toBeUndefined();
});
