import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { BootEnd, BootRecord } from './boot-record.js';
import type { BootsInFrame } from './journal/frame.js';

const remembered = 50;

/** Boottime of two processes may differ by the resolution of the uptime; a larger step back is another boot. */
const uptimeTolerance = Duration.parse('5s').milliseconds;

const shortBoot = Duration.parse('5m').milliseconds;
const shortestInterval = Duration.parse('1h').milliseconds;
const longestInterval = Duration.parse('1d').milliseconds;

/**
 * The boots of the machine, and device time from them. The length of a boot is saved with every frame, at 5 minutes of
 * boottime, and then whenever it has grown by a quarter, but at least an hour and at most a day: after a power cut, device
 * time is late by no more than that, and no record in the ledger is ever in its future.
 */
export class BootHistory {
  #boots: readonly BootRecord[] = [];
  readonly #changed = new Set<number>();
  /** Device time never falls below it, whatever the resolution of the uptime. */
  #floor = 0;

  constructor(private readonly clock: Clock) {}

  /** Takes over what a frame says, in the order of the frames. */
  restore({ boot, boots = [] }: BootsInFrame): void {
    for (const each of boots) this.#put(each);
    const known = this.#boots.find(({ number }) => number === boot.number);
    this.#put({ ...(known ?? { id: 'unknown', stopped: false }), ...boot });
  }

  /**
   * Goes on with the boot that the machine is in, or closes the former one and begins the next.
   * @param lastSign boottime of the last sign of life of a boot
   * @returns device time up to which this boot was seen before, if it was
   */
  resume(id: string, lastSign: (boot: BootRecord) => number | undefined): number | undefined {
    const now = Math.floor(this.clock.boottime());
    const former = this.#boots.at(-1);
    if (!former) {
      this.#begin({ number: 1, id, startedAt: 0, seenFor: now, stopped: false });
      return undefined;
    }
    const seenFor = Math.max(former.seenFor, lastSign(former) ?? 0);
    const end = former.startedAt + seenFor;
    if (former.id === id && now > seenFor - uptimeTolerance) {
      this.#floor = end;
      if (former.stopped) this.#change({ ...former, stopped: false });
      return end;
    }
    if (seenFor > former.seenFor) this.#change({ ...former, seenFor });
    this.#begin({ number: former.number + 1, id, startedAt: end, seenFor: now, stopped: false });
    return undefined;
  }

  /** The boots with the length of the present one up to now. */
  get boots(): readonly [...BootRecord[], BootRecord] {
    return [...this.#boots.slice(0, -1), { ...this.#present, seenFor: this.#seenFor }];
  }

  /** In whole milliseconds. */
  deviceTime(): number {
    return Math.max(this.#floor, Math.floor(this.#present.startedAt + this.clock.boottime()));
  }

  /** The boottime at which the length of the boot is saved although nothing else is; the former save was at `seenFor`. */
  static nextSave(seenFor: number): number {
    if (seenFor < shortBoot) return shortBoot;
    return seenFor + Math.min(Math.max(seenFor / 4, shortestInterval), longestInterval);
  }

  stop(): void {
    this.#change({ ...this.#present, stopped: true });
  }

  /** Tells how a boot ended. */
  end(number: number, end: BootEnd): void {
    const ended = this.#boots.find((boot) => boot.number === number);
    if (ended) this.#change({ ...ended, end });
  }

  /** What a frame says of the boots: all of them, or those that changed since the frame before. */
  take(which: 'all' | 'changed'): BootsInFrame {
    const { number, startedAt } = this.#present;
    const boot = { number, startedAt, seenFor: this.#seenFor };
    if (which === 'changed' && !this.hasChanges) return { boot };
    const boots = this.boots.filter((each) => which === 'all' || this.#changed.has(each.number));
    this.#changed.clear();
    return { boot, boots };
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  get #present(): BootRecord {
    return this.#boots.at(-1)!;
  }

  /** Milliseconds that the present boot has lasted. */
  get #seenFor(): number {
    return this.deviceTime() - this.#present.startedAt;
  }

  #begin(boot: BootRecord): void {
    this.#floor = boot.startedAt;
    this.#change(boot);
  }

  #change(boot: BootRecord): void {
    this.#put(boot);
    this.#changed.add(boot.number);
  }

  #put(boot: BootRecord): void {
    const others = this.#boots.filter(({ number }) => number !== boot.number);
    this.#boots = [...others, boot].sort((a, b) => a.number - b.number).slice(-remembered);
  }
}
