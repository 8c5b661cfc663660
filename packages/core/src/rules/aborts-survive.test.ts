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
});
