import type { PowerControlDescription } from '../actions/power-control.js';
import { coreErrorTable } from '../diagnostics/core-errors.js';
import { describeError } from '../diagnostics/user-message.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { ProbeResult, Requirement, RequirementUse } from '../host/requirement.js';
import type { Registered, Registry } from '../plugins/registry.js';
import { canonicalKey } from '../streams/canonical-key.js';
import type { CheckedDevice, DeviceSurroundings } from './load-device.js';
import { readStates, type StateTrialPorts } from './state-trial.js';
import { type StateUse, type Use, usesOf } from './uses.js';

/** What was found out about one thing that the file relies on. */
export interface Finding {
  /** A requirement of the container, or a state stream that was opened for a moment. */
  readonly kind: 'requirement' | 'stream';
  readonly name: string;
  readonly summary: string;
  /** Whether it is there; for a stream whether it can be read. */
  readonly met: boolean;
  readonly detail: string;
  /** Lines of docker-compose.yml that give it; for requirements. */
  readonly compose?: string;
  /** The streams and actions that ask for it; for requirements. */
  readonly neededBy?: readonly string[];
}

/**
 * Probes what the streams and actions that the rules use need of their container, and opens the state streams that have all
 * that they need for a moment. Takes 10 s at most, unless plugins take longer to start and to end.
 */
export async function examine(device: CheckedDevice, ports: StateTrialPorts): Promise<Finding[]> {
  const { model, plugins } = device;
  const uses = usesOf(model);
  const probed = await Promise.all(uses.map((use) => probeUse(use, plugins, ports)));
  const isState = (use: Use): use is StateUse => 'fields' in use;
  const readable = uses.filter((_, index) => probed[index]!.every(({ met }) => met)).filter(isState);
  const readings = await readStates(readable, device, ports);
  const streams = readable.map(({ name }): Finding => {
    const { quality, reason = '' } = readings.get(name)!;
    const met = quality !== 'lost';
    const detail = reason === '' ? `It is ${quality}.` : `It is ${quality}: ${reason.replace(/\.$/, '')}.`;
    return { kind: 'stream', name, summary: `The state of ${name} can be read.`, met, detail };
  });
  return [...merged(probed.flat()), ...streams];
}

type RequirementFinding = Finding & { readonly neededBy: readonly string[] };

function probeUse(
  use: Use,
  { registry, plugins }: CheckedDevice['plugins'],
  { host }: Pick<DeviceSurroundings, 'host'>,
): Promise<RequirementFinding[]> {
  const { stream, action, parameters } = use;
  return Promise.all(
    needsOf(use, registry).map(async ({ requirement, plugin }): Promise<RequirementFinding> => {
      const owner = requirement.plugin ?? plugin;
      const options = plugins.find(({ definition }) => definition.name === owner)?.options;
      const { name, summary, compose } = requirement;
      const result = await probe(requirement, host, { options, parameters });
      return { kind: 'requirement', name, summary, compose, neededBy: [stream ?? action], ...result };
    }),
  );
}

interface Need {
  readonly requirement: Requirement;
  /** That brings what has the requirement. */
  readonly plugin: string;
}

/** What the stream or action needs, and those that carry it out. */
function needsOf({ stream, action }: Use, { streams, actions, powerControls }: Registry): readonly Need[] {
  const needs = ({ description: { requires = [] }, plugin }: Registered<RequiringDescription>): Need[] =>
    requires.map((requirement) => ({ requirement, plugin }));
  if (stream !== undefined) return [streams.get(stream)].flatMap((registered) => (registered ? needs(registered) : []));
  const registered = actions.get(action);
  if (!registered) return [];
  if (registered.description.carriedOutBy === undefined) return needs(registered);
  const controls = [...powerControls.values()];
  const inUse = powerControlInUse(controls.map(({ description }) => description));
  return [...needs(registered), { requirement: inUse, plugin: registered.plugin }, ...controls.flatMap(needs)];
}

type RequiringDescription = { readonly requires?: readonly Requirement[] };

/** Nothing of the container, but of the file: it names no compose lines. */
function powerControlInUse(controls: readonly PowerControlDescription[]): Requirement {
  const names = controls.toSorted((one, other) => one.rank - other.rank).map(({ name }) => name);
  return {
    name: 'power-control',
    summary: 'A plugin in use can reboot the machine and shut it down.',
    compose: '',
    probe: async () =>
      names.length > 0
        ? { met: true, detail: `In the order in which they are asked: ${names.join(', ')}` }
        : { met: false, detail: coreErrorTable.POWER_CONTROL_MISSING.remedy },
  };
}

async function probe(requirement: Requirement, host: HostEnvironment, use: RequirementUse): Promise<ProbeResult> {
  try {
    return await requirement.probe(host, use);
  } catch (error) {
    return { met: false, detail: `Could not be probed: ${describeError(error).message}` };
  }
}

/** One finding of those that differ in nothing but who needs it. */
function merged(findings: readonly RequirementFinding[]): RequirementFinding[] {
  const distinct = new Map<string, RequirementFinding>();
  for (const finding of findings) {
    const { name, met, detail, compose, neededBy } = finding;
    const key = canonicalKey([name, met, detail, compose]);
    const known = distinct.get(key)?.neededBy ?? [];
    distinct.set(key, { ...finding, neededBy: [...new Set([...known, ...neededBy])] });
  }
  return [...distinct.values()];
}
