import { away, back, set, survivesEachCut } from '../survives-each-cut.fixture.js';

// Proof: 30 min.
survivesEachCut({
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
});
