import { describeSurvival } from './survival.fixture.js';

const act = [{ do: 'act' }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const key = 'string(event.data.id)';
const tell = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];

describeSurvival({
  count: {
    ...Object.fromEntries(
      ['restart', 'kill', 'reboot'].map((end) => [
        `knows after a ${end} what it saw before it`,
        {
          rule: { on: [{ count: { of: door, n: 3, within: '10m' } }], key, then: tell },
          script: ['door 1', 'door 2', 'door 1', '5m', end, '5m', 'door 1', 'door 2', 'door 1'],
          calls: ['10m act {"id":1}'],
        },
      ]),
    ),
    'of less than a minute starts empty with the engine': {
      rule: { on: [{ count: { of: door, n: 2, within: '59s' } }], then: act },
      script: ['door', 'kill', 'door', 'door'],
      calls: ['0s act'],
    },
  },
  sequence: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `goes on after a ${end}, within its window`,
      {
        rule: { on: [{ sequence: { of: [door, window, door], within: '10m' } }], then: act },
        script: ['door', '1m', 'window', end, '9m', 'door', 'door', 'window', end, '10m1s', 'door'],
        calls: ['10m act'],
      },
    ]),
  ),
  all: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `is completed after a ${end}, within its window`,
      {
        rule: { on: [{ all: { of: [door, window], within: '10m' } }], then: act },
        script: ['door', '5m', end, '5m', 'window', 'window', end, '10m1s', 'door'],
        calls: ['10m act'],
      },
    ]),
  ),
  debounce: {
    ...Object.fromEntries(
      ['restart', 'kill', 'reboot'].map((end) => [
        `passes on after a ${end} what it held back`,
        {
          rule: { on: [{ ...door, debounce: '10m' }], then: tell },
          script: ['door 1', '5m', 'door 2', '5m', end, '1h'],
          calls: ['15m act {"id":2}'],
        },
      ]),
    ),
    'that ended while no engine ran passes on at the start': {
      rule: { on: [{ ...door, debounce: '10m' }], then: tell },
      script: ['door 1', '5m', 'kill 10m', '0s'],
      calls: ['15m act {"id":1}'],
    },
    'of less than a minute is lost with the engine': {
      rule: { on: [{ ...door, debounce: '59s' }], then: tell },
      script: ['door 1', 'kill', '1h'],
      calls: [],
    },
  },
  absence: {
    'goes on after a restart, and is told a tenth later at most': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['5m', 'door', '5m', 'restart 10s', '1h'],
      calls: ['16m10s act'],
    },
    'starts anew when nobody may have been listening': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['5m', 'kill 2m', '1h'],
      calls: ['17m act'],
    },
    'is told once, however often the engine starts again': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['20m', 'restart', '20m', 'kill', '20m', 'door', 'kill', '20m'],
      calls: ['10m act', '1h10m act'],
    },
    'starts anew with the boot, for each key': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], key, then: tell },
      script: ['door 1', '5m', 'reboot', '1h'],
      calls: ['15m act {"id":1}'],
    },
    'of a busy stream is kept a few times only': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: [...Array.from({ length: 60 }, () => ['door', '9s500ms']).flat(), 'restart', '1h'],
      calls: ['19m30s act'],
    },
  },
  throttle: {
    'starts anew with the engine': {
      rule: { on: [{ ...door, throttle: '10m' }], then: act },
      script: ['door', 'door', 'kill', 'door', 'door'],
      calls: ['0s act', '0s act'],
    },
  },
});
