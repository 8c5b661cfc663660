import { idempotencyKeyOf } from '../../actions/action-runner.js';
import type { PowerAttempts } from '../../actions/power-attempts.js';
import type { Clock } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { BootSafetyModel, LimitModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { DeviceError } from '../../diagnostics/device-error.js';
import type { Logger } from '../../diagnostics/logger.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { HostEnvironment } from '../../host/host-environment.js';
import type { Ledger } from '../../ledger/ledger.js';
import { DisruptionGuard, type DisruptionCall, type Intent } from '../../rules/disruption-guard.js';
import { nextStart, withStart } from '../../rules/limits.js';
import type { SecretMask } from '../secret-mask.js';
import { findNewCrash } from './crash-records.js';
import type { IntentRecord, SettledIntent } from './intent-record.js';
import { Intents } from './intents.js';
import { SafeMode, type SafeModeStatus } from './safe-mode.js';

/** Scope of the device times of the calls that default limits count, by rule. */
const callsScope = 'disruptive-calls';

/** Without a durable record nothing knows of a loop over boots; this uptime gives it at least a distance. */
const uptimeWithoutRecord = Duration.parse('10m');

/** Puts every disruptive call on record before it is made, and refuses those that must not be made. */
export class BootSafety extends DisruptionGuard implements PowerAttempts {
  readonly #intents: Intents;
  readonly #safeMode: SafeMode;
  #policy: BootSafetyModel = { withoutRecord: 'refuse' };

  constructor(
    private readonly clock: Clock,
    private readonly ledger: Ledger,
    private readonly host: HostEnvironment,
    mask: SecretMask,
    log: Logger,
    onSettled: (intent: SettledIntent) => void = () => {},
  ) {
    super();
    this.#intents = new Intents(clock, ledger, mask, log, onSettled);
    this.#safeMode = new SafeMode(clock, ledger, log);
  }

  /**
   * Finds out how the boots before this one ended that nobody asked about yet (an engine that finds no good file does not),
   * and what became of the intent, and puts it on record. To be called before any rule starts.
   */
  async start(): Promise<void> {
    const former = this.ledger.boots.slice(0, -1);
    const hasCrashed = await findNewCrash(this.host, this.ledger);
    const intent = this.#intents.reconcile();
    for (const boot of former.filter(({ end }) => !end)) {
      const { number, stopped } = boot;
      if (intent?.boot === number)
        this.ledger.endBoot(number, { reason: 'requested', rule: intent.rule, action: intent.action });
      else if (hasCrashed && boot === former.at(-1)) this.ledger.endBoot(number, { reason: 'kernel-panic' });
      else this.ledger.endBoot(number, { reason: stopped ? 'external' : 'power-cut' });
    }
    this.#safeMode.start();
    // A disk that refuses is told by the ledger's durability, and the gate keeps to it.
    await this.ledger.commit().catch(() => undefined);
  }

  /** Takes over what the file in force says. */
  adopt(policy: BootSafetyModel): void {
    this.#policy = policy;
  }

  /** The call under way and the last 20 that were settled, the latest last. */
  intents(): readonly IntentRecord[] {
    return this.#intents.list();
  }

  safeMode(): SafeModeStatus {
    return this.#safeMode.status();
  }

  leaveSafeMode(): void {
    this.#safeMode.leave('somebody asked for it');
  }

  override callsOf(rule: string): readonly number[] {
    return (this.ledger.read(callsScope, rule) ?? []) as readonly number[];
  }

  override async announce(call: DisruptionCall): Promise<Intent> {
    // An engine that stopped between two power controls leaves the intent to the next one.
    const begun = this.#intents.awaited;
    if (begun?.run === call.run && begun.step === call.step) return this.#intents.resume(begun);
    // From the checks to the record without a pause: another call must find it.
    const limit = this.#goesOn(call) ? undefined : call.limit;
    this.#refuse(call, limit);
    const intent = this.#intents.open(call);
    if (limit) {
      const calls = withStart(limit, this.callsOf(call.rule), this.ledger.deviceTime());
      this.ledger.write(callsScope, call.rule, calls);
    }
    try {
      await this.#putOnRecord(call.action);
    } catch (error) {
      intent.blocked((error as DeviceError).cause);
      throw error;
    }
    return intent;
  }

  /** The idempotency key names a call, as the intents name its run and its step. */
  spent(call: string): readonly string[] {
    const { asked = [] } = this.#intentOf(call) ?? {};
    return asked.filter(({ outcome }) => outcome === undefined || outcome === 'lost').map(({ control }) => control);
  }

  async begin(call: string, control: string, isLast: boolean): Promise<void> {
    const intent = this.#intentOf(call);
    if (!intent) throw unrecorded(control, 'no rule has announced it.');
    if (this.spent(call).includes(control)) {
      throw coreError('DISRUPTION_REPEATED', `${control} is not asked: it was asked before for the same intent.`);
    }
    this.#intents.ask(control, isLast);
    await this.#putOnRecord(intent.action);
  }

  refused(call: string, how: 'unreachable' | 'blocked'): void {
    if (this.#intentOf(call)) this.#intents.refused(how);
  }

  override obstacle(action: string): DeviceError | undefined {
    const safeMode = this.#safeMode.status();
    if (safeMode.active) return coreError('SAFE_MODE', `${action} is refused in safe mode: ${safeMode.reason}`);
    const { underWay } = this.#intents;
    if (!underWay) return this.#unrecordable(action);
    const since = Duration.ofMilliseconds(this.ledger.deviceTime() - underWay.announcedAt).inSeconds();
    return coreError(
      'DISRUPTION_UNDER_WAY',
      `${action} is refused: ${underWay.action} of ${underWay.rule} is under way since ${since}.`,
    );
  }

  dispose(): void {
    this.#intents.dispose();
    this.#safeMode.dispose();
  }

  /** @throws DeviceError `DISRUPTION_UNRECORDED`, unless the file allows to go on without a record */
  async #putOnRecord(action: string): Promise<void> {
    try {
      await this.ledger.commit();
    } catch (error) {
      if (this.#policy.withoutRecord === 'allow' && this.#isUpForLong()) return;
      throw unrecorded(action, describeError(error).message, error);
    }
  }

  /** The intent under way, if it is that of the call. */
  #intentOf(call: string): IntentRecord | undefined {
    const { underWay } = this.#intents;
    return underWay && idempotencyKeyOf(underWay) === call ? underWay : undefined;
  }

  /** An engine that stopped between two attempts of a call leaves it to the next one: it is one call, and was counted. */
  #goesOn({ run, step }: DisruptionCall): boolean {
    return this.#intents.list().some((intent) => intent.run === run && intent.step === step);
  }

  #refuse(call: DisruptionCall, limit: LimitModel | undefined): void {
    // First of all: a run whose own call is under way must not be told of something that passes, or it is fired again.
    this.#refuseRepeated(call);
    const obstacle = this.obstacle(call.action);
    if (obstacle) throw obstacle;
    if (!limit) return;
    const { at, detail } = nextStart(limit, this.callsOf(call.rule));
    if (at > this.ledger.deviceTime()) {
      throw coreError(
        'DISRUPTION_LIMITED',
        `${call.action} is refused by the default limit of ${call.rule}: ${detail}.`,
      );
    }
  }

  /**
   * A run that goes on after a restart may come to the same step once more. One that took the machine down has had its
   * reboot: with a step or a round for each boot, a `limit` of runs would let one run reboot for ever.
   */
  #refuseRepeated({ run, step, action }: DisruptionCall): void {
    const ofRun = this.#intents.list().filter((intent) => intent.run === run);
    const earlier =
      ofRun.find(({ outcome }) => outcome === 'happened' || outcome === undefined) ??
      ofRun.find((intent) => intent.step === step && intent.outcome !== 'blocked');
    if (!earlier) return;
    throw coreError(
      'DISRUPTION_REPEATED',
      `${action} is refused: ${earlier.step} of this run called ${earlier.action} before, and it ${inWords(earlier)}.`,
    );
  }

  #unrecordable(action: string): DeviceError | undefined {
    const { durability } = this.ledger;
    if (durability.durable) return undefined;
    if (this.#policy.withoutRecord === 'refuse') return unrecorded(action, `${durability.reason}.`);
    if (this.#isUpForLong()) return undefined;
    return unrecorded(action, `${durability.reason}, and the machine is up for less than ${uptimeWithoutRecord}.`);
  }

  #isUpForLong(): boolean {
    return this.clock.boottime() >= uptimeWithoutRecord.milliseconds;
  }
}

function inWords({ outcome }: IntentRecord): string {
  if (outcome === undefined) return 'is under way';
  return outcome === 'happened' ? 'happened' : 'was lost';
}

function unrecorded(action: string, reason: string, cause?: unknown): DeviceError {
  const message = `${action} is refused, because no durable record can be made of it: ${reason}`;
  return coreError('DISRUPTION_UNRECORDED', message, { cause });
}
