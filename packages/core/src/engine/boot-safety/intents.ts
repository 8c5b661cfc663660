import type { Clock, Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { Logger } from '../../diagnostics/logger.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { JsonValue, Ledger } from '../../ledger/ledger.js';
import type { DisruptionCall, Intent } from '../../rules/disruption-guard.js';
import type { SecretMask } from '../secret-mask.js';
import type { IntentOutcome, IntentRecord, SettledIntent } from './intent-record.js';

const scope = 'intents';
/** How many are kept after they were settled. */
const remembersSettled = 20;
/**
 * An accepted call that had no effect after this time has none any more. The Supervisor answers first and asks logind a
 * second later, and its failure to do so is only in its log; a slow shutdown takes up to 90 s (DefaultTimeoutStopSec of
 * systemd).
 */
const deadlineAfterCall = Duration.parse('90s');

/** The calls of disruptive actions on record; at most one is under way, and each is settled once. */
export class Intents {
  #deadline: Timer | undefined;
  #isDisposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly ledger: Ledger,
    private readonly mask: SecretMask,
    private readonly log: Logger,
    private readonly onSettled: (intent: SettledIntent) => void,
  ) {}

  /** The one that is not settled yet. */
  get underWay(): IntentRecord | undefined {
    return this.list().find(({ outcome }) => outcome === undefined);
  }

  /** The one under way and the last 20 that were settled, the latest last. */
  list(): readonly IntentRecord[] {
    const records = [...this.ledger.entries(scope).values()] as unknown as IntentRecord[];
    return records.sort((left, right) => left.number - right.number);
  }

  /**
   * Settles what an earlier engine left under way, as far as it can be known yet.
   * @returns the one by which its boot ended
   */
  reconcile(): IntentRecord | undefined {
    const intent = this.underWay;
    if (!intent) return undefined;
    const boot = this.ledger.boots.find(({ number }) => number === intent.boot);
    if (intent.boot === this.ledger.boots.at(-1)!.number) {
      // Whoever made the call has ended in the middle of it.
      if (intent.deadline === undefined) this.#awaitEffect(intent);
      else this.#watchDeadline(intent);
      return undefined;
    }
    const outlived = intent.deadline !== undefined && boot !== undefined && boot.seenFor > intent.deadline;
    this.#settle(intent, outlived ? 'lost' : 'happened');
    return outlived ? undefined : intent;
  }

  /** Puts a call on record; it is durable with the next commit of the ledger. */
  open({ rule, run, step, action }: DisruptionCall): Intent {
    const intent: IntentRecord = {
      number: (this.list().at(-1)?.number ?? 0) + 1,
      rule,
      run,
      step,
      action,
      boot: this.ledger.boots.at(-1)!.number,
      announcedAt: this.ledger.deviceTime(),
    };
    this.#write(intent);
    return {
      accepted: () => this.#awaitEffect(intent),
      unanswered: () => this.#awaitEffect(intent),
      blocked: (error) => this.#settle(intent, 'blocked', this.mask.text(describeError(error).message)),
    };
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#deadline?.cancel();
  }

  #awaitEffect(intent: IntentRecord): void {
    // The next engine finds the intent under way and goes on from there.
    if (this.#isDisposed) return;
    const called = { ...intent, deadline: this.clock.boottime() + deadlineAfterCall.milliseconds };
    this.#write(called);
    this.#watchDeadline(called);
  }

  #watchDeadline(intent: IntentRecord): void {
    const remaining = intent.deadline! - this.clock.boottime();
    if (remaining <= 0) return this.#settle(intent, 'lost');
    this.#deadline = this.clock.schedule(remaining, () => this.#settle(intent, 'lost'), 'deadline of an intent');
  }

  #settle(intent: IntentRecord, outcome: IntentOutcome, detail?: string): void {
    if (this.#isDisposed) return;
    const settledIntent = { ...intent, outcome, ...(detail !== undefined && { detail }) };
    this.#write(settledIntent);
    const settled = this.list().filter((other) => other.outcome !== undefined);
    for (const { number } of settled.slice(0, -remembersSettled)) this.ledger.remove(scope, String(number));
    // A power cut that undoes this makes the next start guess again; a disk that refuses is told by who needs it.
    this.ledger.commit().catch(() => undefined);
    const { rule, run, action } = intent;
    const level = outcome === 'lost' ? 'warn' : 'info';
    this.onSettled(settledIntent);
    this.log.log(level, inWords(intent, outcome, detail), { rule, run, action, outcome });
  }

  #write(intent: IntentRecord): void {
    this.ledger.write(scope, String(intent.number), intent as unknown as JsonValue);
  }
}

function inWords({ rule, action }: IntentRecord, outcome: IntentOutcome, detail: string | undefined): string {
  switch (outcome) {
    case 'happened':
      return `What ${rule} asked for with ${action} happened: the machine went down and is back.`;
    case 'blocked':
      return `${action} of ${rule} was blocked: ${detail}`;
    case 'lost':
      return `${action} of ${rule} is lost: the machine did not go down within ${deadlineAfterCall} of the call.`;
  }
}
