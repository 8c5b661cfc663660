import type { Ledger } from '../../ledger/ledger.js';
import { DisruptionGuard, type DisruptionCall, type Intent } from '../../rules/disruption-guard.js';

/** Where intents are kept in the ledger: what disruptive actions were about to do, to be reconciled at the next start. */
const intentScope = 'intents';

/** Puts every disruptive call on record before it is made. */
export class BootSafety extends DisruptionGuard {
  constructor(private readonly ledger: Ledger) {
    super();
  }

  override async announce(call: DisruptionCall): Promise<Intent> {
    const key = `${call.run} ${call.step}`;
    this.ledger.write(intentScope, key, { ...call, at: this.ledger.deviceTime() });
    await this.ledger.commit();
    return { accepted: () => {}, blocked: () => this.ledger.remove(intentScope, key) };
  }
}
