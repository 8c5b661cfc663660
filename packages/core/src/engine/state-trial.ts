import { Container } from 'inversify';
import { NEVER, type Observable, Subscription } from 'rxjs';
import { CustomEvents } from '../builtin/custom-events.js';
import { LifecycleEvents } from '../builtin/lifecycle-events.js';
import { RuleEvents } from '../builtin/rule-events.js';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { SilentLogger } from '../diagnostics/silent-logger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { GotHttpClient } from '../network/got-http-client.js';
import { readNetworkReach } from '../network/route-reach.js';
import { PluginHost } from '../plugins/plugin-host.js';
import type { LoadedPlugins } from '../plugins/loaded-plugin.js';
import { ChildProcesses } from '../programs/child-processes.js';
import type { Reading } from '../streams/reading.js';
import { SharedStreamHub } from '../streams/shared-stream-hub.js';
import { StreamHub } from '../streams/stream-hub.js';
import { idleEngine, NoPowerAttempts } from './idle-engine.js';
import type { CheckedDevice, DeviceSurroundings } from './load-device.js';
import { MaskedView } from './masked-view.js';
import { offerServices } from './offered-services.js';
import type { SecretMask } from './secret-mask.js';
import type { StateUse } from './uses.js';

/** How long a stream has to be read: as long as a rule waits for it when it starts. */
const patience = Duration.parse('10s');

export interface StateTrialPorts extends Pick<DeviceSurroundings, 'host' | 'expressions'> {
  readonly clock: Clock;
  readonly mask: SecretMask;
}

/**
 * Opens streams for a moment, side by side, beside an engine that may run: of the plugins only those are started that bring
 * them, and no record is kept.
 * @returns for each name its first reading that is not `lost`, or how it was lost when its time was over
 */
export async function readStates(
  uses: readonly StateUse[],
  { model, plugins: loaded }: CheckedDevice,
  { clock, host, expressions, mask }: StateTrialPorts,
): Promise<ReadonlyMap<string, Reading>> {
  if (uses.length === 0) return new Map();
  const log = new SilentLogger();
  const customEvents = new CustomEvents(clock, log);
  const ruleEvents = new RuleEvents(clock, log);
  const lifecycle = new LifecycleEvents();
  const ledger = new MemoryLedger(clock);
  const hub: SharedStreamHub = new SharedStreamHub((name) => container.get(PluginHost).stream(name), clock, log);
  const engine = idleEngine({ file: model.files[0]!, clock, ledger, plugins: loaded, streams: () => hub.status() });
  const view = new MaskedView(engine, clock, mask, NEVER);
  const processes = new ChildProcesses(clock, host, ledger);
  const container = new Container({ defaultScope: 'Singleton' });
  offerServices(container, {
    clock,
    host,
    log,
    ledger,
    expressions,
    customEvents,
    ruleEvents,
    lifecycle,
    powerAttempts: new NoPowerAttempts(),
    random: Math.random,
    secretMask: mask,
    http: new GotHttpClient(clock),
    networkReach: { now: () => readNetworkReach(host.procPath) },
    view,
    processes,
  });
  container.bind(StreamHub).toConstantValue(hub);
  const needed = pluginsBehind(uses, loaded);
  const plugins = await PluginHost.start(loaded, container, undefined, (plugin) => needed.has(plugin));
  const read = async ({ name, stream, parameters, fields }: StateUse): Promise<[string, Reading]> => {
    const { changes } = hub.state({ stream, parameters }).only(...fields.paths);
    return [name, await firstReading(name, changes, clock)];
  };
  try {
    return new Map(await Promise.all(uses.map(read)));
  } finally {
    hub.close();
    view.close();
    await plugins.dispose();
    await processes.dispose();
    for (const part of [customEvents, ruleEvents, lifecycle]) part.dispose();
  }
}

/** The plugins that bring these streams, with those that they depend on. */
function pluginsBehind(uses: readonly StateUse[], { registry, plugins }: LoadedPlugins): ReadonlySet<string> {
  const needed = new Set(uses.map(({ stream }) => registry.streams.get(stream)!.plugin));
  // Each comes after those it depends on.
  for (const { definition } of plugins.toReversed()) {
    if (needed.has(definition.name)) definition.dependsOn?.forEach((name) => needed.add(name));
  }
  return needed;
}

function firstReading(name: string, changes: Observable<Reading>, clock: Clock): Promise<Reading> {
  return new Promise((resolve) => {
    const waiting = new Subscription();
    let latest: Reading;
    const end = (): void => {
      waiting.unsubscribe();
      resolve(latest);
    };
    const timer = clock.schedule(patience.milliseconds, end, `first reading of ${name}`);
    waiting.add(() => timer.cancel());
    const follow = (reading: Reading): void => {
      latest = reading;
      if (reading.quality !== 'lost') end();
    };
    waiting.add(changes.subscribe(follow));
  });
}
