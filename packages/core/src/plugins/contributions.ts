import type { ProvidedPowerControl } from '../actions/power-control.js';

/** Where plugins contribute to what the core does: the key of their definition, and what the core gets of each class there. */
export interface Contributions {
  readonly powerControls: ProvidedPowerControl;
}

/**
 * The injection token of a contribution point. It is bound once for each contribution of the plugins in use:
 * `constructor(@multiInject(contributionsTo('powerControls')) @optional() controls: ProvidedPowerControl[])`.
 */
export function contributionsTo(point: keyof Contributions): symbol {
  return Symbol.for(`devicerc.contributions.${point}`);
}
