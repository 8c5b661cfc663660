import { describeSurvival } from './survival.fixture.js';

const act = [{ do: 'act' }];
const other = [{ do: 'other' }];
const door = { custom: { event: 'door' } };
const on = { a: true };
const off = { a: false };

describeSurvival({
  for: {
    'goes on after a restart of the engine': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'restart 10s', '1h'],
      calls: ['10m10s act'],
    },
    'goes on after a kill; at most 20 s are counted again': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m10s', 'kill', '1h'],
      calls: ['10m10s act'],
    },
    'goes on after a kill however often it comes': {
      rule: { when: 'a', for: '1m', then: act },
      script: [on, '30s', 'kill', '30s', 'kill', '30s', 'kill 5s', '1h'],
      calls: ['1m20s act'],
    },
    'never counts the time that nobody watched': {
      rule: { when: 'a', for: '10m', 'on-gap': 'resume', then: act },
      script: [on, '6m', 'kill 1h', '1h'],
      calls: ['1h10m act'],
    },
    'starts anew after a kill that nobody mended for a minute': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'kill 1m', '1h'],
      calls: ['17m act'],
    },
    'starts anew with the boot': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'reboot', '1h'],
      calls: ['16m act'],
    },
    'goes on in the next boot with on-gap: resume': {
      rule: { when: 'a', for: '10m', 'on-gap': 'resume', then: act },
      script: [on, '6m', 'reboot 5m', '1h'],
      calls: ['15m act'],
    },
    'fires at once in the next boot with on-gap: fire': {
      rule: { when: 'a', for: '10m', 'on-gap': 'fire', then: act },
      script: [on, '6m', 'reboot 5m', '1h'],
      calls: ['11m act'],
    },
    'fires again in the next boot, once': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '20m', 'reboot', '20m', 'restart', '1h'],
      calls: ['10m act', '30m act'],
    },
    'does not fire again after a kill': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '20m', 'kill 1h', '1h'],
      calls: ['10m act'],
    },
    'starts anew after a power cut': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'power-cut 2m', '1h'],
      calls: ['18m act'],
    },
    'is not shortened by a restart while the condition was false': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', off, 'restart', on, '1h'],
      calls: ['16m act'],
    },
    'never counts the time that nobody watched, when the stream is lost at the next start': {
      rule: { when: 'a', for: '10m', then: act },
      others: [{ when: '!b', for: '100d', then: other }],
      script: [{ a: true, b: false }, '1m', { a: 'lost' }, 'kill 5m', '2s', 'kill 5s', on, '1h'],
      calls: ['16m7s act'],
    },
    'is moved by no jump of the calendar': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '3m', 'clock 336', '3m', 'kill', 'clock -1', '1h'],
      calls: ['10m act'],
    },
  },
  'at-start: wait-for-change': {
    'is about a boot, so that what counted in the one before is left out': {
      rule: { when: 'a', for: '10m', 'at-start': 'wait-for-change', then: act },
      script: [off, on, '6m', 'reboot', '1h', off, on, '1h'],
      calls: ['1h16m act'],
    },
    'lets on-gap take over what counted in the boot before': {
      rule: { when: 'a', for: '10m', 'at-start': 'wait-for-change', 'on-gap': 'resume', then: act },
      script: [off, on, '6m', 'reboot', '1h'],
      calls: ['10m act'],
    },
    'leaves alone what counts over a restart in the same boot': {
      rule: { when: 'a', for: '10m', 'at-start': 'wait-for-change', then: act },
      script: [off, on, '6m', 'kill 2m', '1h'],
      calls: ['18m act'],
    },
  },
  escalate: {
    'goes on with the next rung after a restart': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'restart', '1h'],
      calls: ['2m act', '10m other'],
    },
    'goes on with the next rung after a kill': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'kill', '1h'],
      calls: ['2m act', '10m other'],
    },
    'begins with the first rung in a new boot': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'reboot', '1h'],
      calls: ['2m act', '7m act', '15m other'],
    },
  },
  'reset-after': {
    'goes on after a kill': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '4m', 'kill', '1m', on, '1s'],
      calls: ['0s act', '6m act'],
    },
    'is not over sooner for a kill': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '4m', 'kill', '59s', on, '1h'],
      calls: ['0s act'],
    },
    'ends with the boot': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '1m', 'reboot', on, '1s'],
      calls: ['0s act', '2m act'],
    },
  },
  limit: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `and cooldown outlive a ${end}, and time without uptime does not count`,
      {
        rule: { on: [door], limit: { runs: 2, per: '1h', cooldown: '10m' }, then: act },
        script: ['door', '5m', end, 'door', '5m', 'door', end, '10m', 'door', '40m', 'door'],
        calls: ['0s act', '10m act', '1h act'],
      },
    ]),
  ),
  while: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `takes the hold anew after a ${end}`,
      {
        rule: { while: 'a', hold: { do: 'keep' } },
        script: [on, '1m', end, '1m', off],
        calls: ['0s keep', '1m keep'],
      },
    ]),
  ),
});
