import { powerCut, set, survivesEachCut } from '../survives-each-cut.fixture.js';

survivesEachCut({
  example: 'custom-plugin',
  given: { fan: { rpm: 1200 } },
  moments: [
    ['1h', set('fan', 'rpm', 0)],
    ['2h', set('fan', 'rpm', 900)],
    ['24h', set('fan', 'rpm', 0)],
    ['24h10s', { kind: 'restart' }],
    ['48h', powerCut('1m')],
  ],
  reboots: 0,
  patience: '0s',
  trouble: [],
  away: [],
});
