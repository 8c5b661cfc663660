import type { BootEvent } from '../builtin/lifecycle-events.js';
import { FileReader } from '../config/file-reader.js';
import type { DeviceModel, RuleModel } from '../config/rule-model.js';
import { coreDiagnostic, coreError } from '../diagnostics/core-errors.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import { describeError } from '../diagnostics/user-message.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import type { OutboxList } from '../outbox/outbox-list.js';
import type { LoadedPlugins } from '../plugins/loaded-plugin.js';
import type { PluginHost } from '../plugins/plugin-host.js';
import type { DryRun } from '../rules/dry-run.js';
import type { RuleEngine } from '../rules/rule-engine.js';
import type { RuleExplanation } from '../rules/rule-explanation.js';
import type { RunTrace } from '../rules/trace.js';
import { BlackBox } from './black-box/black-box.js';
import { announceBoot, recogniseBoot } from './boot.js';
import { BootSafety } from './boot-safety/boot-safety.js';
import type { IntentRecord } from './boot-safety/intent-record.js';
import type { EngineOptions } from './engine-options.js';
import type { EngineStatus } from './engine-status.js';
import type { EngineView } from './engine-view.js';
import { FileWatch } from './file-watch.js';
import { type Foundation, layFoundation } from './foundation.js';
import { Generation } from './generation.js';
import {
  type DeviceSurroundings,
  isGood,
  loadAsAsked,
  type LoadedDevice,
  noRules,
  pluginBehind,
} from './load-device.js';
import { countOfRules, logFindings } from './log-findings.js';
import type { ReloadResult } from './reload-result.js';
import { stopInOrder } from './shutdown.js';
import { TraceRing } from './trace-ring.js';
import { SharedTask, Turns } from './turns.js';
import { unlessAborted } from './unless-aborted.js';

const remembersRuns = { runs: 200, bytes: 4 * 1024 * 1024 };
const showsDisruptions = 5;

/** The file brought to life: plugins, streams and rules, from the start to the stop and over every reload between. */
export class Engine {
  readonly view: EngineView;
  readonly #foundation: Foundation;
  readonly #surroundings: DeviceSurroundings;
  readonly #safety: BootSafety;
  readonly #traces: TraceRing;
  readonly #blackBox: BlackBox;
  readonly #watch: FileWatch;
  #generation: Generation | undefined;
  #model: DeviceModel = noRules;
  #state: EngineStatus['state'] = 'loaded';
  #startedAt: number | undefined;
  #boot: BootEvent | undefined;
  readonly #stopping = new AbortController();
  /** Reloads and the stop happen one after the other. */
  readonly #turns = new Turns();
  readonly #reloading = new SharedTask(this.#turns, () => this.#reload());

  private constructor(
    private readonly options: EngineOptions,
    private loaded: Required<LoadedDevice>,
    surroundings: DeviceSurroundings,
  ) {
    const { clock, ledger, log, mask, blackBox = new BlackBox(clock, mask) } = options;
    this.#blackBox = blackBox;
    this.#surroundings = surroundings;
    this.#traces = new TraceRing(remembersRuns, mask);
    this.#watch = new FileWatch(
      clock,
      () => void this.reload(),
      (error) => log.warn(`Changes of the file go unnoticed: ${describeError(error).message}`),
    );
    this.#safety = new BootSafety(clock, ledger, options.host, mask, log, (intent) => blackBox.settled(intent));
    const observers = { safety: this.#safety, traces: this.#traces, blackBox };
    this.#foundation = layFoundation(options, surroundings.expressions, observers, this);
    this.view = this.#foundation.view;
  }

  /**
   * Reads and checks the file and loads its plugins; nothing is started.
   * @throws DiagnosticsError with everything that is wrong with the file
   */
  static async create(options: EngineOptions): Promise<Engine> {
    const { files = new FileReader(options.clock) } = options;
    const surroundings = { ...options, files, expressions: new CelCompiler() };
    const device = await loadAsAsked(options, surroundings);
    if (!isGood(device)) throw new DiagnosticsError(device.diagnostics);
    const engine = new Engine(options, device, surroundings);
    logFindings(options.log, device.diagnostics);
    return engine;
  }

  /**
   * Starts plugins, then rules, then tells them so.
   * @throws DeviceError `ENGINE_STOPPING` when a stop comes before that is done
   */
  start(): Promise<void> {
    return this.#turns.take(() => this.#start());
  }

  /**
   * Reads the file again, checked whole before anything changes; a bad file, or a stop, leaves the present one in force. All
   * who ask while a reload is under way share the next one.
   */
  reload(): Promise<ReloadResult> {
    return this.#reloading.request();
  }

  /**
   * Stops within 8 seconds: rules hear of it, runs are parked, plugins end in reverse order.
   * @param reason what the stream `stop` tells, such as SIGTERM
   */
  stop(reason = 'requested'): Promise<void> {
    this.#stopping.abort(coreError('ENGINE_STOPPING', 'The engine stops.'));
    return this.#turns.take(async () => {
      if (this.#state === 'stopped') return;
      await this.#watch.close();
      this.#blackBox.note(`stops: ${reason}`);
      if (this.#generation) await stopInOrder(reason, this.#generation, this.#model.rules, this.#foundation);
      this.#safety.dispose();
      await this.#blackBox.close();
      this.#state = 'stopped';
      this.#foundation.dispose();
    });
  }

  get state(): EngineStatus['state'] {
    return this.#state;
  }

  status(): EngineStatus {
    const { clock, ledger, file } = this.options;
    const { fault } = this.#blackBox;
    return {
      state: this.#state,
      file,
      ...(this.#startedAt !== undefined && { startedAt: this.#startedAt }),
      ...(this.#boot && { boot: this.#boot }),
      safeMode: this.#safety.safeMode(),
      disruptions: this.intents().slice(-showsDisruptions),
      deviceTime: ledger.deviceTime(),
      now: clock.boottime(),
      durability: ledger.durability,
      rules: this.#generation?.rules.status() ?? [],
      streams: this.#generation?.hub.status() ?? [],
      notificationsWaiting: this.outbox().waiting.length,
      plugins: this.loaded.plugins.plugins.map(({ definition }) => definition.name),
      pluginFaults: this.#generation?.pluginFaults ?? [],
      ...(fault !== undefined && { blackBoxFault: fault }),
    };
  }

  /** The plugins in use; undefined before the start. */
  get plugins(): PluginHost | undefined {
    return this.#generation?.plugins;
  }

  /**
   * Why a rule does what it does, or does not; secrets are masked by who shows it.
   * @throws DeviceError `RULE_UNKNOWN`, `ENGINE_NOT_READY`
   */
  explain(rule: string): RuleExplanation {
    return this.#rules.explain(rule);
  }

  /**
   * Decides and renders the steps of a rule without acting.
   * @param event what an `on` rule reads as `event`; the last one that it saw when left out
   * @throws DeviceError `RULE_UNKNOWN`, `ENGINE_NOT_READY`, and those of its `key`
   */
  dryRun(rule: string, event?: { readonly event: unknown }): Promise<DryRun> {
    return this.#rules.dryRun(rule, event);
  }

  /** Hands an event to the rules that listen with `custom`, as the action `emit` does. */
  emit(event: string, data: unknown): void {
    this.#foundation.customEvents.emit(event, data);
  }

  /** Messages that wait for the network, and those that were given up. */
  outbox(): OutboxList {
    return this.#foundation.outbox.list();
  }

  /**
   * The last runs, 200 or 4 MiB of them, the latest last; secrets are masked.
   * @param wanted the last few of one rule; all of them when left out
   */
  traces(wanted?: { readonly rule?: string; readonly last?: number }): readonly RunTrace[] {
    return this.#traces.list(wanted);
  }

  /** How many runs had their traces dropped to make room for later ones. */
  get tracesDropped(): number {
    return this.#traces.dropped;
  }

  /** The call of a disruptive action that is under way, and what became of the last 20; the latest last. */
  intents(): readonly IntentRecord[] {
    return this.#safety.intents();
  }

  /** Lets rules take the machine down again; does nothing when safe mode is not active. */
  leaveSafeMode(): void {
    this.#safety.leaveSafeMode();
    this.#foundation.changes.engine();
  }

  /** @throws DeviceError `RUN_UNKNOWN` */
  trace(id: string): RunTrace {
    return this.#traces.find(id);
  }

  /** The plugin whose module a stack trace passes through, if any. */
  pluginOf(stack: string): string | undefined {
    return pluginBehind(stack, this.loaded.source);
  }

  get #rules(): RuleEngine {
    if (this.#generation) return this.#generation.rules;
    throw coreError('ENGINE_NOT_READY', 'The engine is starting its plugins; no rule runs yet.');
  }

  async #start(): Promise<void> {
    const { clock, host, ledger, log, file, watch } = this.options;
    const { plugins, model } = this.loaded;
    this.#foundation.useSecrets(model.secrets);
    await this.#safety.start();
    this.#safety.adopt(model.bootSafety);
    this.#boot = await recogniseBoot(host.procPath, ledger, this.#safety.safeMode().active);
    await this.#blackBox.open(ledger.boots);
    this.#blackBox.note(`starts with ${file}`);
    await this.#foundation.leftovers.end();
    this.#generation = await this.#startGeneration(plugins, model);
    this.#model = model;
    await this.#generation.begin(this.#rulesOf(model), ledger.watchedUntil);
    this.#state = 'running';
    this.#startedAt = clock.boottime();
    this.#foundation.changes.engine();
    if (watch) await this.#watch.watch(model.files);
    log.info(`Running ${countOfRules(model)} of ${file}`);
    await announceBoot(this.#boot, this.#foundation);
  }

  async #reload(): Promise<ReloadResult> {
    const { log, file, watch } = this.options;
    if (this.#state !== 'running') return { applied: false, diagnostics: [] };
    try {
      const device = await unlessAborted(this.#stopping.signal, loadAsAsked(this.options, this.#surroundings));
      // After a bad file also those that it wants to bring: it may be good as soon as one of them changes.
      const inForce = isGood(device) ? [] : this.#model.files;
      if (watch) await this.#watch.watch([...inForce, ...(device.source?.files ?? [])]);
      logFindings(log, device.diagnostics);
      if (!isGood(device)) {
        log.error(`${file} has errors: the rules that run stay in force.`);
        return { applied: false, diagnostics: device.diagnostics };
      }
      await this.#apply(device);
      log.info(`Reloaded ${file}: ${countOfRules(device.model)}`);
      this.#blackBox.note(`reloaded ${file}: ${countOfRules(device.model)}`);
      return { applied: true, diagnostics: device.diagnostics };
    } catch (error) {
      const { message } = describeError(error);
      log.error(`${file} could not be reloaded: ${message} The rules that run stay in force.`);
      return { applied: false, diagnostics: [coreDiagnostic('RELOAD_FAILED', message)] };
    }
  }

  async #apply(device: Required<LoadedDevice>): Promise<void> {
    const { plugins, model } = device;
    this.#foundation.useSecrets(model.secrets);
    const present = this.#generation!;
    // New plugins have to start before the old ones end.
    const next = present.serves(plugins) ? present : await this.#startGeneration(plugins, model);
    this.#safety.adopt(model.bootSafety);
    if (next === present) await present.replace(this.#rulesOf(model), model);
    else await next.succeed(present, this.#rulesOf(model), this.#stopping.signal);
    this.#generation = next;
    this.loaded = device;
    this.#model = model;
    this.#foundation.changes.engine();
  }

  /** A stop does not wait for plugins that hang at their start: they are ended when they are there after all. */
  #startGeneration(plugins: LoadedPlugins, model: DeviceModel): Promise<Generation> {
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    return unlessAborted(signal, Generation.start(plugins, model, this.#foundation), (late) => late.end());
  }

  #rulesOf({ rules }: DeviceModel): readonly RuleModel[] {
    return this.options.shadow ? rules.map((rule) => ({ ...rule, shadow: true })) : rules;
  }
}
