import { expect, test } from '@jest/globals';
import { upperLayerOf } from './upper-layer.js';

const overlayOn = (point: string, upper: string): string =>
  `30 1 0:26 / ${point} rw,relatime shared:1 - overlay overlayroot rw,lowerdir=/lower,upperdir=${upper},workdir=/work`;
const mountOn = (point: string, type: string): string =>
  `31 30 0:24 / ${point} rw,relatime shared:2 - ${type} source rw`;

test.each([
  ['tmpfs', 'memory'],
  ['ramfs', 'memory'],
  ['ext4', 'disk'],
])('the bytes of an overlay that writes to %s lie here: %s', (type, expected) => {
  const mounts = [overlayOn('/', '/media/root-rw/overlay'), mountOn('/media/root-rw', type)].join('\n');
  expect(upperLayerOf('/data/devicerc', mounts)).toBe(expected);
});

test('the layer of a container lies on a path of the host, which its mounts do not show', () => {
  const mounts = [overlayOn('/', '/var/lib/docker/overlay2/1f/diff'), mountOn('/dev', 'tmpfs')].join('\n');
  expect(upperLayerOf('/data/devicerc', mounts)).toBe('unseen');
});

test('the mount of a path is the one with the longest matching point, and the later of two', () => {
  const mounts = [
    mountOn('/', 'ext4'),
    overlayOn('/data', '/disk/upper'),
    overlayOn('/data', '/disk/memory/upper'),
    overlayOn('/data/dev', '/disk/upper'),
    mountOn('/disk', 'ext4'),
    mountOn('/disk/memory', 'tmpfs'),
  ].join('\n');
  expect(upperLayerOf('/data/devicerc', mounts)).toBe('memory');
  expect(upperLayerOf('/data/dev/state', mounts)).toBe('disk');
});

test('spaces and commas in the names of folders are read', () => {
  const mounts = [
    mountOn('/', 'ext4'),
    overlayOn('/my\\040data', '/in\\040memory\\134\\054really/upper'),
    mountOn('/in\\040memory,really', 'tmpfs'),
  ].join('\n');
  expect(upperLayerOf('/my data/devicerc', mounts)).toBe('memory');
});

test.each([[''], ['nonsense\n\n'], [mountOn('/', 'overlay')]])(
  'mounts that tell nothing are no reason to refuse: %j',
  (mounts) => {
    expect(upperLayerOf('/data/devicerc', mounts)).toBe('unseen');
  },
);
