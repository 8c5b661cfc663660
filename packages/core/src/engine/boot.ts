import type { BootEvent } from '../builtin/lifecycle-events.js';
import { Duration } from '../clock/duration.js';
import { readBootId } from '../host/boot-id.js';
import type { BootRecord } from '../ledger/boot-record.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Foundation } from './foundation.js';

const scope = 'engine';
const announcedKey = 'announced-boot';

/** What is known of the present boot, and of how the one before it ended. */
export async function recogniseBoot(procPath: string, ledger: Ledger, safeMode: boolean): Promise<BootEvent> {
  const [boot, former] = ledger.boots.toReversed() as [BootRecord, BootRecord?];
  const { reason, rule, action } = former ? (former.end ?? { reason: 'power-cut' }) : { reason: 'first' as const };
  return {
    reason,
    bootId: (await readBootId(procPath)) ?? boot.id,
    number: boot.number,
    ...(former && { lasted: Duration.ofMilliseconds(former.seenFor) }),
    ...(rule !== undefined && { rule }),
    ...(action !== undefined && { action }),
    safeMode,
  };
}

/** Tells the rules that the engine started, and that the machine did, at the first start of an engine in its boot. */
export async function announceBoot(boot: BootEvent, { ledger, lifecycle, log }: Foundation): Promise<void> {
  // The streams that the rules listen to are opened at the end of the turn in which the rules are started.
  await Promise.resolve();
  const isNewBoot = ledger.read(scope, announcedKey) !== boot.number;
  if (isNewBoot) {
    ledger.write(scope, announcedKey, boot.number);
    log.info(inWords(boot), { boot: boot.number, reason: boot.reason });
    lifecycle.boot.next(boot);
  }
  lifecycle.start.next({ reason: isNewBoot ? 'boot' : 'restart' });
}

function inWords({ reason, number, lasted, rule, action }: BootEvent): string {
  const ending = {
    first: 'there is none before it on record',
    requested: `${rule} asked for it with ${action}`,
    external: 'the one before was ended in order, by somebody else',
    'kernel-panic': 'the kernel crashed in the one before and left a record',
    'power-cut': 'the one before ended at once, as by a power cut',
  }[reason];
  return `Boot ${number}: ${ending}${lasted ? `, after ${lasted}` : ''}.`;
}
