import { expect, test } from '@jest/globals';
import { CronCalendar } from './cron-calendar.js';
import { firstNotBefore, OraclePattern, OracleZone } from './cron-oracle.fixture.js';

// Proof: 13 min.
const isProof = Boolean(process.env['DEVICERC_PROVE']);

const patterns = [
  '30 23 * * *',
  '0 0 * * *',
  '30 0 * * *',
  '15 1 * * *',
  '30 2 * * *',
  '0,20,40 2 * * *',
  '5 0-3 * 3-4,9-11 *',
  '59 23 * * 6',
  '0 3 * * 0',
  '0 12 1 * *',
  '45 0 29-31 * *',
  '0 4 13 * 5',
  '0 0 1 1 *',
  '15,45 30 1-2 * * 0,6',
  '0 * * * 0',
  '*/30 0-2 * * 0,4-6',
  '*/20 2 * * *',
  '10 */6 * * *',
  '30 23 */2 * *',
  '*/40 15 0,23 * * 5,6',
].map((text) => new OraclePattern(text));

/** A year of each way in which clocks leap. */
const leapingYears: readonly (readonly [zone: string, year: number])[] = [
  ['Europe/Berlin', 2026],
  ['America/Nuuk', 2026],
  ['Asia/Beirut', 2026],
  ['Africa/Cairo', 2026],
  ['Africa/Casablanca', 2026],
  ['America/Havana', 2026],
  ['Asia/Tehran', 2022],
  ['Asia/Pyongyang', 2018],
  ['Pacific/Apia', 2011],
  ['Australia/Lord_Howe', 2026],
  ['UTC', 2026],
];
const moreLeapingYears: typeof leapingYears = [
  ['America/Scoresbysund', 2024],
  ['America/Asuncion', 2024],
  ['America/Santiago', 2026],
  ['Asia/Gaza', 2011],
  ['Pacific/Kwajalein', 1993],
  ['America/Caracas', 2016],
  ['Antarctica/Troll', 2026],
  ['Africa/Juba', 2021],
  ['Europe/Dublin', 1971],
];

/** Years that every zone of the database is held against. */
const provenYears = [2026, 2027];

test.each([...leapingYears, ...(isProof ? moreLeapingYears : [])])(
  'the calendar of %s in %d is that of its clocks',
  (zone, year) => {
    expect(differences(zone, year)).toEqual([]);
  },
);

test('the calendar of every zone of the database is that of its clocks', () => {
  const all = Intl.supportedValuesOf('timeZone');
  expect(all.length).toBeGreaterThan(400);
  const zones = isProof ? all : all.filter((_zone, index) => index % 60 === 0);
  for (const zone of zones) {
    for (const year of isProof ? provenYears : provenYears.slice(0, 1)) expect(differences(zone, year)).toEqual([]);
  }
}, 1_800_000);

test('the latest occurrence is the one before the next, however long ago', () => {
  const calendar = new CronCalendar('0 0 1 1 *', 'Asia/Tokyo');
  const year = Date.parse('2025-12-31T15:00:00Z');
  expect([calendar.latest(year - 1), calendar.latest(year), calendar.latest(Date.UTC(2026, 10, 28))]).toEqual([
    Date.parse('2024-12-31T15:00:00Z'),
    year,
    year,
  ]);
});

test('without a time zone the calendar is that of the process', () => {
  const here = new CronCalendar('30 2 * * *', undefined);
  const named = new CronCalendar('30 2 * * *', Intl.DateTimeFormat().resolvedOptions().timeZone);
  for (let time = Date.UTC(2026, 0, 1); time < Date.UTC(2027, 0, 1); time += 43_200_000) {
    expect(here.after(time)).toBe(named.after(time));
  }
});

/** Where the calendar differs from the oracle: at the first occurrence of each pattern, and around the leaps of the clocks. */
function differences(zone: string, year: number): string[] {
  const oracle = new OracleZone(zone, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
  return patterns.flatMap((pattern) => {
    const calendar = new CronCalendar(pattern.text, zone);
    const expected = oracle.occurrences(pattern);
    const wrong = askedTimes(oracle, expected).find(
      (time) => answer(calendar, oracle, time) !== nextOf(expected, time),
    );
    if (wrong === undefined) return [];
    const [found, right] = [answer(calendar, oracle, wrong), nextOf(expected, wrong)].map(iso);
    return [`${pattern.text} in ${zone} after ${iso(wrong)}: ${found}, and not ${right}`];
  });
}

/** From the start on each answer is asked for the next one; and what an engine asks that starts around a leap. */
function askedTimes(oracle: OracleZone, expected: readonly number[]): number[] {
  const around = oracle.leaps.flatMap((leap) =>
    Array.from({ length: 80 }, (_none, index) => leap + (index - 40) * 2_460_000 - 1),
  );
  const exactly = oracle.leaps.flatMap((leap) => [leap - 1, leap, leap + 1]);
  return [oracle.start, ...expected, ...around, ...exactly].filter((time) => time >= oracle.start && time < oracle.end);
}

function answer(calendar: CronCalendar, oracle: OracleZone, time: number): number | undefined {
  const found = calendar.after(time);
  return found !== undefined && found <= oracle.end ? found : undefined;
}

function nextOf(expected: readonly number[], time: number): number | undefined {
  return expected[firstNotBefore(expected, time + 1)];
}

function iso(time: number | undefined): string {
  return time === undefined ? 'none' : new Date(time).toISOString();
}
