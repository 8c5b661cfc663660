import type { Clock } from '../clock/clock.js';
import { SilentLogger } from '../diagnostics/silent-logger.js';
import type { Secrets } from '../diagnostics/secrets.js';
import { PluginSecrets } from '../engine/plugin-secrets.js';
import { SecretMask } from '../engine/secret-mask.js';
import { ContainerFacts } from '../host/container-facts.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { ProcessHost } from '../host/process-host.js';
import { LedgerStore } from '../ledger/ledger-store.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import type { PluginStore } from '../ledger/plugin-store.js';
import { GotHttpClient } from '../network/got-http-client.js';
import type { HttpClient } from '../network/http-client.js';
import { NetworkReach, type Reach } from '../network/network-reach.js';
import { ChildProcesses } from '../programs/child-processes.js';
import { PluginPrograms } from '../programs/plugin-programs.js';
import type { Programs } from '../programs/programs.js';
import { ClockPoller } from '../streams/clock-poller.js';
import type { Poller } from '../streams/poller.js';

/** As far as a test says. */
class GivenReach extends NetworkReach {
  reach: Reach = 'everywhere';

  override now(): Reach {
    return this.reach;
  }
}

/**
 * What the engine offers to a plugin, for a class that a test makes itself. All of it is real: it reaches servers, starts
 * programs and masks secrets; the store lies in memory, `network` says what the test sets as its `reach`, and a pause of the
 * poller has no jitter.
 */
export class TestPorts {
  readonly http: HttpClient;
  readonly poller: Poller;
  readonly programs: Programs;
  readonly store: PluginStore;
  readonly secrets: Secrets;
  readonly container: ContainerFacts;
  readonly network = new GivenReach();
  readonly #processes: ChildProcesses;

  /** @param host whose variables the container facts and the programs see; default that of this process */
  constructor(clock: Clock, host: HostEnvironment = new ProcessHost()) {
    const ledger = new MemoryLedger(clock);
    const log = new SilentLogger();
    this.#processes = new ChildProcesses(clock, host, ledger);
    this.http = new GotHttpClient(clock);
    this.poller = new ClockPoller(clock, () => 0);
    this.programs = new PluginPrograms('test', this.#processes);
    this.store = new LedgerStore(ledger, log, (table) => table);
    this.secrets = new PluginSecrets('test', new SecretMask(host), log);
    this.container = new ContainerFacts(host);
  }

  /** Ends the programs that still run. */
  dispose(): Promise<void> {
    return this.#processes.dispose();
  }
}
