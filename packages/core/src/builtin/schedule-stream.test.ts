import { describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { streamDescriptionOf } from '../streams/stream.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import type { ScheduleEvent } from './schedule-event.js';
import { LedgerStore } from '../ledger/ledger-store.js';
import { ScheduleRecords } from './schedule-records.js';
import { ScheduleStream } from './schedule-stream.js';

function scheduled(written: Record<string, unknown>, start: string) {
  const clock = new VirtualClock({ wall: Date.parse(start) });
  const log = new RecordingLogger();
  const events: ScheduleEvent[] = [];
  const parameters = streamDescriptionOf(ScheduleStream)!.parameters!.parse(written);
  const ledger = new MemoryLedger(clock);
  const records = new ScheduleRecords(clock, new LedgerStore(ledger, log, (table) => table));
  const subscription = new ScheduleStream(clock, log, ledger, records)
    .open(parameters as never)
    .subscribe((event) => events.push(event));
  subscription.add(() => records.dispose());
  const advance = (time: string): Promise<void> => clock.advance(Duration.parse(time));
  const times = (): string[] => events.map(({ scheduled: time }) => time.toISOString().replace(':00.000Z', 'Z'));
  return { clock, log, events, subscription, advance, times };
}

describe('schedule with cron', () => {
  test.each([
    {
      title: 'fires at the times of the time zone',
      written: { cron: '0 3 * * *', timezone: 'Europe/Berlin' },
      start: '2026-01-10T00:00:00Z',
      time: '2d',
      times: ['2026-01-10T02:00Z', '2026-01-11T02:00Z'],
    },
    {
      title: 'moves a time that daylight saving leaves out to the hour after, and back the next day',
      written: { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      start: '2026-03-29T00:00:00Z',
      time: '26h',
      times: ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    },
    {
      title: 'moves a list of times that daylight saving leaves out to the hour after, as one firing',
      written: { cron: '0,20,40 2 * * *', timezone: 'Europe/Berlin' },
      start: '2026-03-29T00:00:00Z',
      time: '24h30m',
      times: ['2026-03-29T01:00Z', '2026-03-30T00:00Z', '2026-03-30T00:20Z'],
    },
    {
      title: 'fires a list of times once each in the hour that daylight saving repeats',
      written: { cron: '0,30 2 * * *', timezone: 'Europe/Berlin' },
      start: '2026-10-24T23:59:00Z',
      time: '3h',
      times: ['2026-10-25T00:00Z', '2026-10-25T00:30Z'],
    },
    {
      title: 'leaves out what a step has in an hour that daylight saving leaves out',
      written: { cron: '*/20 2 * * *', timezone: 'Europe/Berlin' },
      start: '2026-03-29T00:00:00Z',
      time: '24h30m',
      times: ['2026-03-30T00:00Z', '2026-03-30T00:20Z'],
    },
    {
      title: 'fires a fixed time once in the hour that daylight saving repeats',
      written: { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      start: '2026-10-25T00:00:00Z',
      time: '3h',
      times: ['2026-10-25T00:30Z'],
    },
    {
      title: 'moves a time in an hour that is left out up to midnight to that midnight',
      written: { cron: '30 23 * * *', timezone: 'America/Nuuk' },
      start: '2026-03-28T12:00:00Z',
      time: '2d',
      times: ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    },
    {
      title: 'fires a time of the half hour that Pyongyang left out at midnight',
      written: { cron: '30 23 * * *', timezone: 'Asia/Pyongyang' },
      start: '2018-05-04T12:00:00Z',
      time: '2d',
      times: ['2018-05-04T15:00Z', '2018-05-05T14:30Z'],
    },
    {
      title: 'moves a time of the day that Apia left out to the beginning of the next',
      written: { cron: '0 12 * * *', timezone: 'Pacific/Apia' },
      start: '2011-12-30T00:00:00Z',
      time: '2d',
      times: ['2011-12-30T10:00Z', '2011-12-30T22:00Z', '2011-12-31T22:00Z'],
    },
    {
      title: 'fires each half hour in the hour that daylight saving repeats',
      written: { cron: '*/30 * * * *', timezone: 'Europe/Berlin' },
      start: '2026-10-25T00:00:00Z',
      time: '2h',
      times: ['2026-10-25T00:30Z', '2026-10-25T01:00Z', '2026-10-25T01:30Z', '2026-10-25T02:00Z'],
    },
  ])('$title', async ({ written, start, time, times }) => {
    const schedule = scheduled(written, start);
    await schedule.advance(time);
    expect(schedule.times()).toEqual(times);
    schedule.subscription.unsubscribe();
  });

  test('does not fire what the clock jumped over, and says how many there were', async () => {
    const schedule = scheduled({ cron: '0 3 * * *', timezone: 'UTC' }, '2026-01-01T12:00:00Z');
    schedule.clock.jumpWall(Duration.parse('14d'));
    await schedule.advance('2m');
    expect(schedule.times()).toEqual([]);
    expect(schedule.log.messages).toEqual([expect.stringContaining('missed 14 occurrences')]);
    await schedule.advance('15h');
    expect(schedule.times()).toEqual(['2026-01-16T03:00Z']);
    schedule.subscription.unsubscribe();
  });

  test('makes up once for all that the clock jumped over when catch-up is once', async () => {
    const schedule = scheduled({ cron: '0 3 * * *', timezone: 'UTC', 'catch-up': 'once' }, '2026-01-01T12:00:00Z');
    schedule.clock.jumpWall(Duration.parse('14d'));
    await schedule.advance('2m');
    expect(schedule.events).toMatchObject([{ scheduled: new Date('2026-01-15T03:00:00Z'), missed: 13 }]);
    schedule.subscription.unsubscribe();
  });

  test('fires nothing again after the clock was set back over it, and says so', async () => {
    const schedule = scheduled({ cron: '0 * * * *', timezone: 'UTC' }, '2026-01-01T02:30:00Z');
    await schedule.advance('1h');
    schedule.clock.jumpWall(-3_600_000);
    await schedule.advance('2h');
    expect(schedule.times()).toEqual(['2026-01-01T03:00Z', '2026-01-01T04:00Z']);
    expect(schedule.log.messages).toEqual([expect.stringContaining('not again')]);
    schedule.subscription.unsubscribe();
  });

  test('goes on at the right times after the clock was set back by two weeks', async () => {
    const schedule = scheduled({ cron: '0 3 * * *', timezone: 'UTC' }, '2026-01-15T12:00:00Z');
    schedule.clock.jumpWall(-14 * 86_400_000);
    await schedule.advance('1d');
    expect(schedule.times()).toEqual(['2026-01-02T03:00Z']);
    schedule.subscription.unsubscribe();
  });

  test.each([
    { catchUp: 'none', firing: 'fires' },
    { catchUp: 'once', firing: 'fires once, and makes up for nothing,' },
  ])(
    '$firing what comes within the minute after the clock was set back, with catch-up $catchUp',
    async ({ catchUp }) => {
      const schedule = scheduled({ cron: '0 3 * * *', timezone: 'UTC', 'catch-up': catchUp }, '2026-01-01T12:00:00Z');
      await schedule.advance('10s');
      schedule.clock.jumpWall(Date.parse('2026-01-01T02:59:30Z') - schedule.clock.wall().milliseconds);
      await schedule.advance('12h');
      expect(schedule.times()).toEqual(['2026-01-01T03:00Z']);
      expect(schedule.events).toMatchObject([{ missed: 0 }]);
      expect(schedule.log.messages).toEqual([]);
      schedule.subscription.unsubscribe();
    },
  );

  test('loses no minute when the clock is set back again and again, and fires none twice', async () => {
    const schedule = scheduled({ cron: '* * * * *', timezone: 'UTC' }, '2026-01-10T12:00:30Z');
    for (let day = 0; day < 3; day++) {
      await schedule.advance('1m25s');
      schedule.clock.jumpWall(-86_400_000);
    }
    await schedule.advance('1m');
    expect(schedule.times()).toEqual([
      '2026-01-10T12:01Z',
      '2026-01-09T12:02Z',
      '2026-01-09T12:03Z',
      '2026-01-08T12:04Z',
      '2026-01-07T12:05Z',
    ]);
    schedule.subscription.unsubscribe();
  });

  test('fires nothing again that comes within the minute after the clock was set back, and says so', async () => {
    const schedule = scheduled({ cron: '0 3 * * *', timezone: 'UTC' }, '2026-01-01T02:59:00Z');
    await schedule.advance('2m10s');
    schedule.clock.jumpWall(-90_000);
    await schedule.advance('1h');
    expect(schedule.times()).toEqual(['2026-01-01T03:00Z']);
    expect(schedule.log.messages).toEqual([expect.stringContaining('not again')]);
    schedule.subscription.unsubscribe();
  });

  test('leaves no timer behind', async () => {
    const schedule = scheduled({ cron: '* * * * *' }, '2026-01-01T00:00:00Z');
    await schedule.advance('5m');
    schedule.subscription.unsubscribe();
    expect(schedule.clock.pendingTimers).toEqual([]);
  });
});

describe('schedule with every', () => {
  test('keeps its distance whatever the calendar does', async () => {
    const schedule = scheduled({ every: '10m' }, '2026-01-01T00:00:00Z');
    await schedule.advance('15m');
    schedule.clock.jumpWall(Duration.parse('14d'));
    await schedule.advance('15m');
    expect(schedule.events.map(({ missed }) => missed)).toEqual([0, 0, 0]);
    schedule.subscription.unsubscribe();
    expect(schedule.clock.pendingTimers).toEqual([]);
  });
});

describe('schedule parameters', () => {
  test.each([
    ['neither cron nor every', {}, 'either `cron` or `every`'],
    ['both cron and every', { cron: '* * * * *', every: '1m' }, 'either `cron` or `every`'],
    ['a pattern that is none', { cron: 'daily at three' }, 'not a cron pattern'],
    ['a time zone that is none', { cron: '* * * * *', timezone: 'Mars/Base' }, 'not a time zone'],
    ['a distance that would never let go', { every: '1ms' }, 'every 100ms at most'],
  ])('are refused with %s', (_title, written, message) => {
    const result = streamDescriptionOf(ScheduleStream)!.parameters!.safeParse(written);
    expect(result.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
