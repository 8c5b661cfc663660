import type { Clock, Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { Logger } from '../../diagnostics/logger.js';
import type { BootRecord } from '../../ledger/boot-record.js';
import type { Ledger } from '../../ledger/ledger.js';

const scope = 'boot-safety';
const enteredKey = 'safe-mode';
const countedFromKey = 'short-boots-counted-from';
const lastedKey = 'lasted';

const shortBoot = Duration.parse('5m');
/** Clocks differ by a little; the length on record must not fall short by that. */
const safelyLonger = Duration.parse('5m1s');
const shortBootsInARow = 5;
const leavesAfter = Duration.parse('1h');

export type SafeModeStatus =
  | {
      readonly active: true;
      /** Why, and how it is left, in words. */
      readonly reason: string;
      /** Boottime in milliseconds when it was entered; 0 when that was the boot itself. */
      readonly since: number;
    }
  /** `note` says why short boots are not counted, when they are not. */
  | { readonly active: false; readonly note?: string };

interface Entered {
  readonly boot: number;
  readonly since: number;
}

/**
 * After 5 boots in a row of less than 5 minutes, nothing may take the machine down again until it has been up for an hour
 * or somebody says so. Streams, rules and traces go on: it is what an operator needs to find the reason.
 */
export class SafeMode {
  #entered: Entered | undefined;
  readonly #timers: Timer[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ledger: Ledger,
    private readonly log: Logger,
  ) {}

  status(): SafeModeStatus {
    if (this.#entered) return { active: true, reason: describe(), since: this.#entered.since };
    const { durability } = this.ledger;
    return durability.durable
      ? { active: false }
      : { active: false, note: `Short boots cannot be counted: ${durability.reason}.` };
  }

  /** Enters it, or goes on with it, when the boots on record ask for it. */
  start(): void {
    const { durability } = this.ledger;
    if (!durability.durable) this.log.warn(`Short boots cannot be counted: ${durability.reason}.`);
    const boot = this.#boot.number;
    const entered = this.ledger.read(scope, enteredKey) as unknown as Entered | undefined;
    if (entered?.boot === boot) this.#entered = entered;
    else if (this.#shortBoots() >= shortBootsInARow) this.#enter(boot);
    this.#at(safelyLonger, 'end of a short boot', () => this.#putLengthOnRecord(boot));
    if (this.#entered) this.#at(leavesAfter, 'end of safe mode', () => this.leave(`it is up for ${leavesAfter}`));
  }

  /** Does nothing when it is not active. @param reason in words */
  leave(reason: string): void {
    if (!this.#entered) return;
    this.#entered = undefined;
    this.ledger.remove(scope, enteredKey);
    this.ledger.write(scope, countedFromKey, this.#boot.number);
    this.ledger.commit().catch(() => undefined);
    this.log.warn(`Safe mode is left: ${reason}. Rules may take the machine down again.`);
  }

  dispose(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  get #boot(): BootRecord {
    return this.ledger.boots.at(-1)!;
  }

  #enter(boot: number): void {
    this.#entered = { boot, since: this.clock.boottime() };
    this.ledger.write(scope, enteredKey, { ...this.#entered });
    this.log.error(`SAFE MODE: ${describe()}`);
  }

  /** The ledger saves the length of the boot with each record: a power cut must not make a long boot a short one. */
  #putLengthOnRecord(boot: number): void {
    this.ledger.write(scope, lastedKey, boot);
    this.ledger.commit().catch(() => undefined);
  }

  #at(uptime: Duration, name: string, callback: () => void): void {
    const remaining = uptime.milliseconds - this.clock.boottime();
    this.#timers.push(this.clock.schedule(remaining, callback, name));
  }

  /** How many boots before this one were short, from the latest on; those that safe mode was left after do not count. */
  #shortBoots(): number {
    const countedFrom = (this.ledger.read(scope, countedFromKey) ?? 0) as number;
    const former = this.ledger.boots.slice(0, -1).toReversed();
    const isOfNoAccount = ({ number, seenFor }: BootRecord): boolean =>
      number < countedFrom || seenFor >= shortBoot.milliseconds;
    const count = former.findIndex(isOfNoAccount);
    return count === -1 ? former.length : count;
  }
}

function describe(): string {
  return (
    `the last ${shortBootsInARow} boots or more each lasted less than ${shortBoot}. Actions that reboot or shut down are ` +
    `refused until the machine is up for ${leavesAfter}, or until you type \`devicerc safe-mode off\`.`
  );
}
