import { injectable } from 'inversify';
import { Subject } from 'rxjs';
import type { Duration } from '../clock/duration.js';

export interface StartEvent {
  /** `boot`: first start of the engine in this boot of the machine; `restart`: a later one. */
  readonly reason: 'boot' | 'restart';
}

export interface StopEvent {
  /** What asked for it: `SIGTERM`, `SIGINT` or `requested`. */
  readonly reason: string;
}

export interface BootEvent {
  /**
   * How the boot before this one ended. `requested`: a rule asked for it. `external`: the engine was stopped in order and no
   * rule had asked. `kernel-panic`: the kernel left a record of its crash. `power-cut`: none of these. `first`: no boot is on
   * record before this one.
   */
  readonly reason: 'first' | 'requested' | 'external' | 'kernel-panic' | 'power-cut';
  /** random(4), "/proc interfaces": boot_id. */
  readonly bootId: string;
  /** Counts the boots on record, from 1. */
  readonly number: number;
  /** How long the boot before this one is known to have lasted; missing for `first`. */
  readonly lasted?: Duration;
  /** The rule and the action that asked, for `requested`. */
  readonly rule?: string;
  readonly action?: string;
  /** Whether disruptive actions are refused, because the last boots were short. */
  readonly safeMode: boolean;
}

/** What the engine tells about itself; it announces, the streams `start`, `stop` and `boot` hand on. */
@injectable()
export class LifecycleEvents {
  readonly start = new Subject<StartEvent>();
  readonly stop = new Subject<StopEvent>();
  readonly boot = new Subject<BootEvent>();

  dispose(): void {
    this.start.complete();
    this.stop.complete();
    this.boot.complete();
  }
}
