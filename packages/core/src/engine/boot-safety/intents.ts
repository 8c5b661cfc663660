import type { Clock, Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { Logger } from '../../diagnostics/logger.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { JsonValue, Ledger } from '../../ledger/ledger.js';
import type { DisruptionCall, Intent } from '../../rules/disruption-guard.js';
import type { SecretMask } from '../secret-mask.js';
import type { AskedControl, IntentOutcome, IntentRecord, SettledIntent } from './intent-record.js';

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
  /** Goes on with the intent under way when the last control that was asked is lost; undefined when nobody waits for that. */
  #goOn: (() => void) | undefined;
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

  /** The one under way whose last request to a power control has until its deadline, and which goes on with another then. */
  get awaited(): IntentRecord | undefined {
    const { underWay } = this;
    return underWay?.goesOn && underWay.deadline !== undefined ? underWay : undefined;
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
    return this.resume(intent);
  }

  /** Goes on with one that is under way. */
  resume({ number }: IntentRecord): Intent {
    const ifUnderWay = (act: (intent: IntentRecord) => void): void => {
      const { underWay } = this;
      // One that has a deadline is settled by that: what was accepted may still happen, whatever becomes of the run.
      if (underWay?.number === number && underWay.deadline === undefined) act(underWay);
    };
    return {
      accepted: () => ifUnderWay((intent) => this.#awaitEffect(intent)),
      unanswered: () => ifUnderWay((intent) => this.#awaitEffect(intent)),
      blocked: (error) => ifUnderWay((intent) => this.#settleRefused(intent, error)),
      whenLost: (signal) => this.#whenLost(number, signal),
    };
  }

  /** Puts a request to a power control on record; it is durable with the next commit of the ledger. */
  ask(control: string, isLast: boolean): void {
    const { deadline: _, goesOn: __, ...intent } = this.underWay!;
    // One that a `retry` asks again stands at its last place.
    const others = (intent.asked ?? []).filter((asked) => asked.control !== control);
    this.#write({ ...intent, asked: [...others, { control }], ...(!isLast && { goesOn: true as const }) });
  }

  /** What became of the request to the control that was asked last. */
  refused(how: 'unreachable' | 'blocked'): void {
    const { underWay } = this;
    if (underWay) this.#write({ ...underWay, asked: concluded(underWay, how) });
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
    this.#deadline?.cancel();
    if (remaining <= 0) return this.#expire(intent);
    this.#deadline = this.clock.schedule(remaining, () => this.#expire(intent), 'deadline of an intent');
  }

  #whenLost(number: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.awaited?.number !== number || signal.aborted) return undefined;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#goOn = undefined;
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#goOn = () => {
        this.#goOn = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }

  /** The machine is still up at the deadline. */
  #expire(intent: IntentRecord): void {
    if (this.#isDisposed) return;
    if (!this.#goOn) return this.#settle(intent, 'lost');
    const { deadline: _, goesOn: __, ...rest } = intent;
    this.#write({ ...rest, asked: concluded(intent, 'lost') });
    const { rule, run, action } = intent;
    this.log.warn(
      `${action} of ${rule}: ${intent.asked!.at(-1)!.control} is lost, the machine did not go down within ` +
        `${deadlineAfterCall} of the call. The next power control is asked.`,
      { rule, run, action },
    );
    this.#goOn();
  }

  /** Where no request was made since a control was lost, it stays with that: the others could not be reached. */
  #settleRefused(intent: IntentRecord, error: unknown): void {
    const { asked = [] } = intent;
    const last = asked.at(-1)?.outcome;
    const wasLost = asked.some(({ outcome }) => outcome === 'lost');
    if (wasLost && (last === 'lost' || last === 'unreachable')) this.#settle(intent, 'lost');
    else this.#settle(intent, 'blocked', this.mask.text(describeError(error).message));
  }

  #settle(intent: IntentRecord, outcome: IntentOutcome, detail?: string): void {
    if (this.#isDisposed) return;
    const { goesOn: _, ...record } = intent;
    const settledIntent = {
      ...record,
      ...(intent.asked && outcome !== 'happened' && { asked: concluded(intent, outcome) }),
      outcome,
      ...(detail !== undefined && { detail }),
    };
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

/** The controls that were asked, with what became of the last one where that was not known. */
function concluded(
  { asked = [] }: IntentRecord,
  outcome: NonNullable<AskedControl['outcome']>,
): readonly AskedControl[] {
  const last = asked.at(-1);
  return last ? [...asked.slice(0, -1), { ...last, outcome: last.outcome ?? outcome }] : asked;
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
