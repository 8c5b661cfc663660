import type { Registry } from '../plugins/registry.js';
import type { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { isDisruptive } from './limit-section.js';

/** Refuses what `do` of a `hold` names when it cannot be held. An action that does not exist is left to who reads the call. */
export function checkHeldAction(hold: Fields, registry: Registry, findings: Findings): void {
  const action = hold.text('do');
  const known = action === undefined ? undefined : registry.actions.get(action);
  if (action === undefined || !known) return;
  const { range } = hold.entry('do')!.value;
  if (isDisruptive(action, registry)) {
    findings.error('HOLD_DISRUPTIVE', `The action "${action}" ends the boot; there is nothing to hold.`, range);
  } else if (!known.description.holds) {
    const message = `The action "${action}" cannot be held: it does its work and ends.`;
    const remedy = `Name one that can be held (${heldActions(registry).join(', ')}), or do this one once, in \`then:\`.`;
    findings.error('HOLD_UNSUPPORTED', message, range, remedy);
  }
}

/** The actions that a rule may name under `hold`. */
export function heldActions(registry: Registry): readonly string[] {
  return [...registry.actions.values()]
    .filter(({ description }) => description.holds && !isDisruptive(description.name, registry))
    .map(({ description }) => description.name)
    .sort();
}
