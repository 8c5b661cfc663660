import { describeSurvival } from './survival.fixture.js';

const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const deaf = { act: [{ after: '4s', deaf: true as const }] };

describeSurvival({
  'a run that was ended while its action has not given up yet': {
    'is not gone on with after a kill': {
      rule: { on: [door], until: [window], then: [{ do: 'act', 'on-error': 'continue' }, { do: 'other' }] },
      answers: deaf,
      script: ['door', '1s', 'window', '1s', 'kill', '1m'],
      calls: ['0s act'],
    },
    'does its finally after a kill, from the first step on': {
      rule: {
        on: [door],
        until: [window],
        then: [{ do: 'act', 'on-error': 'continue' }, { do: 'other' }],
        finally: [{ do: 'other' }],
      },
      answers: deaf,
      script: ['door', '1s', 'window', '1s', 'kill', '1m'],
      calls: ['0s act', '2s other'],
    },
    'leaves its place to the run that replaces it': {
      rule: {
        on: [door],
        mode: 'restart',
        then: [
          { do: 'act', 'on-error': 'continue' },
          { do: 'notify', with: { id: '${{ event.data.id }}' } },
        ],
      },
      answers: deaf,
      script: ['door 1', '1s', 'door 2', '1s', 'kill', '1m'],
      calls: ['0s act', '2s act', '6s notify {"id":2}'],
    },
    'is not gone on with when that was its catch': {
      rule: {
        on: [door],
        until: [window],
        then: [{ do: 'keep' }],
        catch: [{ do: 'act', 'on-error': 'continue' }, { do: 'other' }],
      },
      answers: { ...deaf, keep: [{ fail: 'broken' }] },
      script: ['door', '1s', 'window', '1s', 'kill', '1m'],
      calls: ['0s keep', '0s act'],
    },
  },
  'a run that pauses between two attempts of an action': {
    'is left for the next engine, which makes them from the first on': {
      rule: { on: [door], then: [{ do: 'reboot', retry: { attempts: 4, delay: '5m', factor: 1 } }] },
      answers: { reboot: [{ fail: 'locked' }] },
      script: ['door', '7m', 'restart', '1h'],
      calls: ['0s reboot', '5m reboot', '7m reboot', '12m reboot', '17m reboot', '22m reboot'],
    },
    'is not asked the if of the step again': {
      rule: { on: [door], then: [{ do: 'reboot', if: 'a', retry: { attempts: 2, delay: '5m' } }, { do: 'other' }] },
      answers: { reboot: [{ fail: 'locked' }, {}] },
      script: [{ a: true }, 'door', '1m', { a: false }, 'restart', '1h'],
      calls: ['0s reboot', '1m reboot', '1m other'],
    },
    'does not go on with the step after it when the engine stops': {
      rule: {
        on: [door],
        then: [{ do: 'reboot', retry: { attempts: 2, delay: '5m' }, 'on-error': 'continue' }, { do: 'other' }],
      },
      answers: { reboot: [{ fail: 'locked' }] },
      script: ['door', '1m', 'restart', '1h'],
      calls: ['0s reboot', '1m reboot', '6m reboot', '6m other'],
    },
    'is ended by its until': {
      rule: { on: [door], until: [window], then: [{ do: 'reboot', retry: { attempts: 4, delay: '5m' } }] },
      answers: { reboot: [{ fail: 'locked' }] },
      script: ['door', '1m', 'window', 'restart', '1h'],
      calls: ['0s reboot'],
    },
  },
});
