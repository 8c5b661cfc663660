import type { Effect } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import type { Registry } from '../plugins/registry.js';
import { everyStep } from './every-step.js';
import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { keysOf, limitKeys } from './grammar.js';
import type { LimitModel, StepModel } from './rule-model.js';
import type { MappingEntry } from './source-node.js';

/** For rules that can reboot or shut down the device and say nothing themselves. */
export const defaultLimit: LimitModel = {
  runs: 3,
  per: Duration.parse('24h'),
  cooldown: Duration.parse('10m'),
  then: 'skip',
  isDefault: true,
};

const disruptive: ReadonlySet<Effect> = new Set<Effect>(['reboot', 'shutdown']);

export function readLimit(entry: MappingEntry | undefined, findings: Findings): LimitModel | undefined {
  const fields = entry && Fields.read(entry.value, '"limit"', keysOf(limitKeys), findings);
  if (!fields) return undefined;
  if (!fields.has('runs') && !fields.has('per') && !fields.has('cooldown')) {
    findings.error('KEY_MISSING', '"limit" needs "runs" with "per", or "cooldown".', entry.keyRange);
  }
  if (fields.has('runs') !== fields.has('per')) {
    const found = fields.has('runs') ? 'runs' : 'per';
    fields.conflict(fields.entry(found)!, `"${found}" needs "${found === 'runs' ? 'per' : 'runs'}" beside it.`);
  }
  const runs = fields.number('runs', { minimum: 1, maximum: 1_000_000 });
  const per = fields.duration('per', { positive: true });
  const cooldown = fields.duration('cooldown', { positive: true });
  return {
    ...(runs !== undefined && per && { runs, per }),
    ...(cooldown && { cooldown }),
    then: fields.choice('then', ['skip', 'notify', 'disable']) ?? 'skip',
    isDefault: false,
  };
}

export function isDisruptive(action: string, registry: Registry): boolean {
  return registry.actions.get(action)?.description.effects.some((effect) => disruptive.has(effect)) ?? false;
}

type DoStep = Extract<StepModel, { readonly kind: 'do' }>;

/** The first step whose action can reboot or shut down the device, at any depth. */
export function findDisruptive(steps: readonly StepModel[], registry: Registry): DoStep | undefined {
  return everyStep(steps).find(
    (step): step is DoStep => step.kind === 'do' && isDisruptive(step.call.action, registry),
  );
}
