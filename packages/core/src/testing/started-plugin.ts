import type { Observable } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { LoggedLine, RecordingLogger } from '../diagnostics/recording-logger.js';
import type { Engine } from '../engine/engine.js';
import type { FileLedger } from '../ledger/file-ledger.js';
import type { InjectableClass, PluginDefinition } from '../plugins/plugin.js';
import type { Openable, ParametersFor, StreamClass } from '../streams/stream-class.js';
import { callAction, type CallOptions, type InputFor, type OutputOf, type Runnable } from './call-action.js';
import { StreamProbe, type InterestOf, type TestClock } from './stream-probe.js';

/** What an action gets to clean up after its signal was aborted, as in the engine. */
const gracePeriod = Duration.parse('5s');

export interface PluginGround {
  readonly engine: Engine;
  readonly ledger: FileLedger;
  readonly clock: TestClock;
  readonly log: RecordingLogger;
  readonly timersBefore: readonly string[];
}

/** A plugin that was started for a test. Its classes are reached by themselves, and give the types. */
export class StartedPlugin {
  readonly #probes: { close(): readonly string[] }[] = [];
  readonly #calls = new Set<{ readonly action: string }>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly plugin: PluginDefinition,
    private readonly ground: PluginGround,
  ) {}

  /**
   * Follows a stream, also one of a dependency. It is followed until the probe is closed, or the plugin is stopped.
   * @param parameters as the file would give them
   * @param interest what its listeners want; default everything
   * @throws DeviceError `CONTRACT_BROKEN` when no plugin has the stream, or it does not take the parameters
   */
  stream<Stream extends Openable>(
    target: StreamClass<Stream>,
    parameters?: ParametersFor<Stream>,
    interest?: InterestOf<Stream> | Observable<InterestOf<Stream>>,
  ): StreamProbe<Stream> {
    const probe = new StreamProbe(this.#instanceOf(target), this.ground.clock, parameters, interest);
    this.#probes.push(probe);
    return probe;
  }

  /**
   * The action as a function of its input. Its signal is aborted when the plugin is stopped, and with one that is given.
   * @throws DeviceError `CONTRACT_BROKEN` when no plugin has the action
   */
  action<Action extends Runnable>(
    target: abstract new (...dependencies: never[]) => Action,
  ): (input: InputFor<Action>, options?: CallOptions) => Promise<OutputOf<Action>> {
    const action = this.#instanceOf(target);
    const log = this.ground.log.child({ plugin: this.plugin.name, action: target.name });
    const stopping = this.#stopping.signal;
    return async (input, { signal = stopping, ...options } = {}) => {
      const call = { action: target.name };
      this.#calls.add(call);
      try {
        return await callAction(action, input, { log, ...options, signal: AbortSignal.any([signal, stopping]) });
      } finally {
        this.#calls.delete(call);
      }
    };
  }

  /** The one instance of a service. @throws DeviceError `CONTRACT_BROKEN` when no plugin has it */
  service<Service>(target: abstract new (...dependencies: never[]) => Service): Service {
    return this.#instanceOf(target);
  }

  /** What the plugin logged, and the engine about it. */
  get log(): readonly LoggedLine[] {
    return this.ground.log.lines.filter(({ fields }) => fields['plugin'] === this.plugin.name);
  }

  /**
   * Leaves its streams, aborts what its actions do, and ends its services, as a stop of the engine does.
   * @returns how a stream broke its contract, and what was left open or did not end; empty when all is well
   */
  async stop(): Promise<readonly string[]> {
    const { engine, ledger, clock, timersBefore } = this.ground;
    const violations = this.#probes.flatMap((probe) => probe.close());
    this.#stopping.abort();
    await eventually(() => this.#calls.size === 0, { within: gracePeriod }).catch(() => undefined);
    for (const { action } of this.#calls) violations.push(`${action} goes on after its signal was aborted.`);
    const logged = this.log.length;
    await engine.stop();
    await ledger.close();
    const failures = this.log.slice(logged).filter(({ level }) => level === 'error');
    const left = withoutEach(clock.pendingTimers, timersBefore);
    const timers = left.length > 0 ? [`after it was stopped, timers go on: ${left.join(', ')}.`] : [];
    return [...violations, ...failures.map(({ message }) => message), ...timers];
  }

  #instanceOf<Instance>(target: abstract new (...dependencies: never[]) => Instance): Instance {
    const instance = this.ground.engine.plugins!.instanceOf(target as InjectableClass);
    if (instance !== undefined) return instance as Instance;
    throw coreError('CONTRACT_BROKEN', `${target.name} stands under none of the streams, actions and services.`);
  }
}

function withoutEach(names: readonly string[], removed: readonly string[]): string[] {
  const rest = [...names];
  for (const name of removed) if (rest.includes(name)) rest.splice(rest.indexOf(name), 1);
  return rest;
}
