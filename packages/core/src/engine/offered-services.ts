import type { Container, ServiceIdentifier } from 'inversify';
import { PowerAttempts } from '../actions/power-attempts.js';
import { corePlugin } from '../builtin/core-plugin.js';
import { CustomEvents } from '../builtin/custom-events.js';
import { LifecycleEvents } from '../builtin/lifecycle-events.js';
import { RuleEvents } from '../builtin/rule-events.js';
import { Clock } from '../clock/clock.js';
import { Logger } from '../diagnostics/logger.js';
import { Secrets } from '../diagnostics/secrets.js';
import { ExpressionCompiler } from '../expressions/expression.js';
import { ContainerFacts } from '../host/container-facts.js';
import { HostEnvironment } from '../host/host-environment.js';
import { Ledger } from '../ledger/ledger.js';
import { LedgerStore, scopeOf } from '../ledger/ledger-store.js';
import { PluginStore } from '../ledger/plugin-store.js';
import { HttpClient } from '../network/http-client.js';
import { NetworkReach } from '../network/network-reach.js';
import { PluginPorts } from '../plugins/plugin-ports.js';
import type { ChildProcesses } from '../programs/child-processes.js';
import { PluginPrograms } from '../programs/plugin-programs.js';
import { Programs } from '../programs/programs.js';
import { ClockPoller } from '../streams/clock-poller.js';
import { Poller } from '../streams/poller.js';
import { EngineView } from './engine-view.js';
import { PluginSecrets } from './plugin-secrets.js';
import type { SecretMask } from './secret-mask.js';

/** What stands behind the services. */
export interface Offer {
  readonly clock: Clock;
  readonly host: HostEnvironment;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly expressions: ExpressionCompiler;
  readonly customEvents: CustomEvents;
  readonly ruleEvents: RuleEvents;
  readonly lifecycle: LifecycleEvents;
  readonly powerAttempts: PowerAttempts;
  readonly random: () => number;
  readonly secretMask: SecretMask;
  readonly http: HttpClient;
  readonly networkReach: NetworkReach;
  /** As long as one generation of plugins. */
  readonly view: EngineView;
  /** As long as one generation of plugins. */
  readonly processes: ChildProcesses;
}

const services: readonly (readonly [ServiceIdentifier, (offer: Offer) => unknown])[] = [
  [Clock, ({ clock }) => clock],
  [HostEnvironment, ({ host }) => host],
  [Logger, ({ log }) => log],
  [Ledger, ({ ledger }) => ledger],
  [ExpressionCompiler, ({ expressions }) => expressions],
  [CustomEvents, ({ customEvents }) => customEvents],
  [RuleEvents, ({ ruleEvents }) => ruleEvents],
  [LifecycleEvents, ({ lifecycle }) => lifecycle],
  [PowerAttempts, ({ powerAttempts }) => powerAttempts],
  [EngineView, ({ view }) => view],
  [Poller, ({ clock, random }) => new ClockPoller(clock, random)],
  [HttpClient, ({ http }) => http],
  [NetworkReach, ({ networkReach }) => networkReach],
  [ContainerFacts, ({ host }) => new ContainerFacts(host)],
];

/** Made for each plugin, whose name they have to know; the log is that of the plugin. */
const servicesOfPlugin: readonly (readonly [ServiceIdentifier, (offer: Offer, plugin: string) => unknown])[] = [
  [Secrets, ({ secretMask, log }, plugin) => new PluginSecrets(plugin, secretMask, log)],
  [PluginStore, ({ ledger, log }, plugin) => new LedgerStore(ledger, log, scopesOf(plugin))],
  [Programs, ({ processes }, plugin) => new PluginPrograms(plugin, processes)],
];

/** All of them but the streams, which stand on what the container gets later. */
export function offerServices(container: Container, offer: Offer): void {
  for (const [service, valueOf] of services) container.bind(service).toConstantValue(valueOf(offer));
  const ports: PluginPorts = (plugin, log) =>
    servicesOfPlugin.map(([service, valueFor]) => [service, valueFor({ ...offer, log }, plugin)] as const);
  container.bind(PluginPorts).toConstantValue(ports);
}

/** The core has scopes without a plugin's name before them. */
function scopesOf(plugin: string): (table: string) => string {
  return plugin === corePlugin.name ? (table) => table : (table) => scopeOf(plugin, table);
}
