import 'reflect-metadata';
import { injectable } from 'inversify';
import type { Requirement } from '../host/requirement.js';

/** Whether a control can be asked now. One that says no is passed over, and the next one is tried. */
export type PowerControlAvailability =
  { readonly available: true } | { readonly available: false; readonly reason: string };

/** One way to take the machine down, which a plugin contributes; `device.reboot` and `device.shutdown` go through them. */
export abstract class PowerControl {
  /**
   * Asked right before a request; nothing may happen by it. A rejection counts as a no, and so does no answer within 10 s.
   * @param signal aborted then, and when the action is
   */
  abstract available(signal: AbortSignal): Promise<PowerControlAvailability>;

  /**
   * Asks for a reboot, and resolves when the request was accepted: the machine then has 90 s to go down.
   *
   * A rejection means, in this order: with `isUncertain` that nobody knows whether it was accepted, so that it gets its 90 s
   * all the same; with one of the codes in `unreachable` that it was certainly not delivered, so that the next control is
   * asked at once; anything else is a no, such as that of an update lock, and no other control is asked.
   * @param signal aborted on timeout, when the run is aborted, and when the engine stops
   */
  abstract reboot(signal: AbortSignal): Promise<void>;

  /** As {@link reboot}, and the machine stays off. */
  abstract shutdown(signal: AbortSignal): Promise<void>;
}

export interface PowerControlDescription {
  /** Unique over all plugins; traces, `status` and the log call it so: `systemd`. */
  readonly name: string;
  /** One sentence for the reference page. */
  readonly summary: string;
  /** The lowest is asked first; of equal ones that of the plugin that the file names first. */
  readonly rank: number;
  /** Codes of the errors that say for certain that a request did not arrive. */
  readonly unreachable: readonly string[];
  /** What it needs of its container, for `devicerc doctor`; default nothing. */
  readonly requires?: readonly Requirement[];
}

/** A control of a started plugin. */
export interface ProvidedPowerControl {
  readonly description: PowerControlDescription;
  readonly instance: PowerControl;
  readonly plugin: string;
}

const descriptions = new WeakMap<object, PowerControlDescription>();

/** Declares a class as a power control. The class is injectable; its constructor gets what it asks for by type. */
export function powerControl(description: PowerControlDescription) {
  return (target: new (...dependencies: never[]) => PowerControl): void => {
    injectable()(target as never);
    descriptions.set(target, description);
  };
}

export function powerControlDescriptionOf(target: object): PowerControlDescription | undefined {
  return descriptions.get(target);
}
