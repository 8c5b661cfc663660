import { expect, test } from '@jest/globals';
import { loadWeek, playWeek, violations, type Cut, type Week } from './crash-week.fixture.js';

const isProof = Boolean(process.env['DEVICERC_PROVE']);
/** Cut points of each example in the plain suite; the proof takes all. */
const sampled = 5;

const set = (stream: string, field: string, value: unknown) => ({ kind: 'set', stream, path: [field], value }) as const;
const away = { kind: 'network', isThere: false } as const;
const back = { kind: 'network', isThere: true } as const;

const weeks: readonly Week[] = [
  {
    example: 'ntp-reboot',
    given: { device: {}, ntp: { NTP: true, NTPSynchronized: true } },
    moments: [
      ['5h', set('ntp', 'NTPSynchronized', false)],
      ['5h30m', away],
      ['9h', back],
      ['9h5m', { kind: 'restart' }],
      ['30h', set('ntp', 'NTPSynchronized', true)],
      ['50h', { kind: 'jump', milliseconds: 14 * 86_400_000 }],
      ['60h', set('ntp', 'NTPSynchronized', false)],
      ['60h4m', { kind: 'restart' }],
      ['61h', { kind: 'kill' }],
      ['70h', set('ntp', 'NTPSynchronized', true)],
    ],
    reboots: 3,
    patience: '10m',
    trouble: [
      ['5h', '30h'],
      ['60h', '70h'],
    ],
    away: [['5h30m', '9h']],
  },
  {
    example: 'network-escalation',
    given: { network: { Connectivity: 4 } },
    moments: [
      ['2h', set('network', 'Connectivity', 1)],
      ['2h', away],
      ['3h', { kind: 'restart' }],
      ['12h', back],
      ['12h', set('network', 'Connectivity', 4)],
      ['72h', set('network', 'Connectivity', 1)],
      ['72h', away],
      ['74h', { kind: 'kill' }],
      ['100h', back],
      ['100h', set('network', 'Connectivity', 4)],
    ],
    reboots: 1,
    patience: '3h',
    trouble: [
      ['2h', '12h'],
      ['72h', '100h'],
    ],
    away: [
      ['2h', '12h'],
      ['72h', '100h'],
    ],
  },
  {
    example: 'custom-plugin',
    given: { fan: { rpm: 1200 } },
    moments: [
      ['1h', set('fan', 'rpm', 0)],
      ['2h', set('fan', 'rpm', 900)],
      ['24h', set('fan', 'rpm', 0)],
      ['24h10s', { kind: 'restart' }],
      ['48h', { kind: 'power-cut', off: { milliseconds: 60_000 } as never }],
    ],
    reboots: 0,
    patience: '0s',
    trouble: [],
    away: [],
  },
];

test.each(weeks)(
  'whatever operation of the disk a week of $example is cut at, it never reboots too often or too early, and loses no message',
  async (week) => {
    const suite = await loadWeek(week);
    const whole = await playWeek(week, suite);
    expect({ example: week.example, broken: violations(whole, week) }).toEqual({ example: week.example, broken: [] });
    const cuts = cutsOf(whole.operations);
    process.stdout.write(`${week.example}: ${whole.operations} operations, cut at ${cuts.length} points\n`);
    const broken: string[] = [];
    for (const cut of cuts) {
      const found = violations(await playWeek(week, suite, cut), week);
      broken.push(...found.map((violation) => `${cut.what} ${cut.moment} operation ${cut.operation}: ${violation}`));
    }
    expect(broken).toEqual([]);
  },
  isProof ? 7_200_000 : 120_000,
);

/** Before, in the middle of and after each operation; what was not synced then is there after a kill and gone after a power cut. */
function cutsOf(operations: number): Cut[] {
  const all = Array.from({ length: operations }, (_, operation) => operation).flatMap((operation) =>
    (['before', 'torn', 'after'] as const).flatMap((moment) =>
      (['kill', 'power-cut'] as const).map((what) => ({ operation, moment, what })),
    ),
  );
  if (isProof) return all;
  // Steps that have no common divisor with the six ways, so that each of them has its turn.
  const distance = Math.max(1, Math.floor(all.length / sampled)) | 1;
  return all.filter((_cut, index) => index % distance === 0);
}
