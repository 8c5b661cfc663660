import { away, back, set, survivesEachCut } from '../survives-each-cut.fixture.js';

// Proof: 15 min.
survivesEachCut({
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
});
