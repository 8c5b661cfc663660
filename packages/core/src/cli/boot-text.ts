import type { RecordedBoot } from '../engine/black-box/recorded-boots.js';
import type { BootEnd } from '../ledger/boot-record.js';
import { age, count, wrapped } from './text.js';

/** The record of one boot; times count back from its last entry. */
export function bootText({ boot, end, entries }: RecordedBoot, isPresent: boolean, lastMilliseconds: number): string {
  const last = entries.at(-1)?.at ?? 0;
  const shown = entries.filter(({ at }) => at >= last - lastMilliseconds);
  const older = entries.length - shown.length;
  return [
    `Boot ${boot}`,
    ...(older > 0 ? [`${count(older, 'older entry').replace('entrys', 'entries')} left out, see --last`] : []),
    ...shown.map(({ at, kind, source, text, leftOut }) => {
      const more = leftOut === undefined ? '' : ` (${leftOut} like it left out before)`;
      return wrapped(`${before(last - at)} ${kind.padEnd(10)} ${source}: ${text}${more}`, 20, 0);
    }),
    wrapped(
      isPresent ? 'This boot goes on; what came in the last 5 minutes may not be here yet.' : `End: ${endingOf(end)}`,
      5,
      0,
    ),
  ].join('\n');
}

function before(milliseconds: number): string {
  const text = milliseconds < 10_000 ? `${(milliseconds / 1_000).toFixed(1)}s` : age(milliseconds);
  return `-${text}`.padStart(8);
}

function endingOf(end: BootEnd | undefined): string {
  switch (end?.reason) {
    case undefined:
      return 'not known; the boot after it has not told.';
    case 'requested':
      return `${end?.rule} asked for it with ${end?.action}.`;
    case 'external':
      return 'the engine was stopped in order, so somebody else asked for it.';
    case 'kernel-panic':
      return 'the kernel crashed and left a record.';
    case 'power-cut':
      return 'at once, as by a power cut; up to the last 5 minutes before it may be missing here.';
  }
}
