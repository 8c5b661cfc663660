import { injectable } from 'inversify';
import { Subject } from 'rxjs';

export interface StartEvent {
  /** `boot`: first start of the engine in this boot of the machine; `restart`: a later one. */
  readonly reason: 'boot' | 'restart';
}

export interface StopEvent {
  /** What asked for it: `SIGTERM`, `SIGINT` or `requested`. */
  readonly reason: string;
}

export interface BootEvent {
  /** `unknown` until the record of intents can tell a reboot that was asked for from a power cut. */
  readonly reason: 'unknown';
  readonly bootId: string;
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
