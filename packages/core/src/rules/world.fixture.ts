import { BehaviorSubject, Subject } from 'rxjs';
import type { ActionContext, Effect } from '../actions/action.js';
import { SupervisedActionRunner } from '../actions/supervised-action-runner.js';
import type { ProgramFate } from '../programs/leftover-programs.js';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import type { Ledger } from '../ledger/ledger.js';
import { dynamic, z } from '../schemas/schema.js';
import { Backlog } from '../streams/backlog.js';
import { lost } from '../streams/reading.js';
import { SharedStreamHub } from '../streams/shared-stream-hub.js';
import type { DisruptionCall, Intent } from './disruption-guard.js';
import type { MachineLedger } from './machine-ledger.fixture.js';
import { RuleEngine, type RuleStatus } from './rule-engine.js';
import { ruleFrom, type Notation } from './rule-notation.fixture.js';
import type { RuleTransition } from './rule-standing.js';
import { SimulatedLedger } from './simulated-ledger.fixture.js';
import { deviceMemory } from './rule-memory.js';
import { deviceTraceBounds } from './trace-bounds.js';
import type { Refusal, RunTrace } from './trace.js';

/** What an action answers: success with an output by default, after `after`. */
export interface Answer {
  readonly output?: unknown;
  readonly fail?: string;
  readonly after?: string;
  readonly never?: boolean;
  /** Does not hear that it is aborted. */
  readonly deaf?: true;
}

export type Script = readonly (string | Readonly<Record<string, unknown>>)[];

/** The actions of the world. One named `keep` lasts until it is aborted. */
const actionEffects: Readonly<Record<string, readonly Effect[]>> = {
  act: [],
  other: [],
  keep: [],
  reboot: ['reboot'],
  notify: ['notify'],
};

/** A device in virtual time: streams set by hand, actions that answer as told, the real hub, runner and expressions. */
export class World {
  /** Of the present engine: an engine that was killed has a clock that stands still for ever. */
  clock = new VirtualClock({ boottime: 0, turns: 1 });
  readonly #ledger: MachineLedger;
  readonly log = new RecordingLogger();
  readonly emitted: { event: string; data: unknown }[] = [];
  /** Each call of an action, as `12s act {"n":1}`, by the time since the start of the test. */
  readonly calls: string[] = [];
  /** Ends of actions by abort, as `12s keep`. */
  readonly aborts: string[] = [];
  /** The idempotency key of each call without its run. */
  readonly keys: string[] = [];
  readonly traces = new Map<string, RunTrace>();
  readonly refusals: Refusal[] = [];
  readonly transitions: RuleTransition[] = [];
  /** What the present engine found of the program of whatever a kill cut off. */
  programFate: ProgramFate | undefined;
  /** Time that passed before the present boot. */
  #before = 0;
  /** What comes to the engine waits here while it stands still. */
  #backlog = new Backlog();
  readonly #states = new Map<string, BehaviorSubject<unknown>>();
  readonly #events = new Subject<{ event: string; data: unknown }>();
  readonly #answers = new Map<string, Answer[]>();
  #hub = this.#openHub();
  readonly #references = new Map(['a', 'b', 'device'].map((name) => [name, { stream: name, parameters: {} }] as const));
  #rules: readonly Notation[] = [];
  engine: RuleEngine;

  constructor(ledgerOf: (clock: Clock) => MachineLedger = (clock) => new SimulatedLedger(clock)) {
    this.#ledger = ledgerOf(this.clock);
    this.engine = this.#engine();
    for (const name of this.#references.keys()) this.#states.set(name, new BehaviorSubject<unknown>(lost('not set')));
  }

  /** As the present engine has it. */
  get ledger(): Ledger {
    return this.#ledger.present;
  }

  set(name: string, value: unknown): void {
    this.#states.get(name)!.next(value);
  }

  lose(name: string, reason = 'gone'): void {
    this.set(name, lost(reason));
  }

  async emit(event: string, data: unknown = {}): Promise<void> {
    this.#events.next({ event, data });
    await this.clock.settle();
  }

  /**
   * What happens next, one entry after the other: a time passes (`5s`), an event comes (`door`, or `door 7` with
   * `data.id` 7), states change (`{ a: true }`; `lost` loses the stream), or the engine or the machine ends and starts
   * again (`restart`, `kill`, `reboot`, `power-cut`, each with the time until the next start, `restart 5m`; default 0). Between
   * `freeze` and `thaw` the engine stands still.
   */
  async play(script: Script): Promise<void> {
    for (const entry of script) {
      const [word = '', amount] = typeof entry === 'string' ? entry.split(' ') : [];
      if (typeof entry !== 'string') await this.#change(entry);
      else if (/^\d/.test(entry)) await this.pass(entry);
      else if (word === 'restart') await this.restart(amount ?? '0s');
      else if (word === 'kill') await this.kill(amount);
      else if (word === 'reboot') await this.reboot(amount);
      else if (word === 'power-cut') await this.powerCut(amount);
      else if (word === 'freeze') this.freeze();
      else if (word === 'thaw') await this.thaw();
      else if (word === 'clock') this.clock.jumpWall(Number(amount) * 3_600_000);
      else await this.emit(word, { id: Number(amount ?? 0) });
    }
  }

  /** Scripts the answers of an action in order; the last one stays. */
  answer(action: string, ...answers: Answer[]): void {
    this.#answers.set(action, answers);
  }

  async start(...rules: Notation[]): Promise<void> {
    this.#rules = rules;
    await this.engine.start(rules.map((rule, index) => ruleFrom(rule, nameOf(index))));
    await this.clock.settle();
  }

  async reload(...rules: Notation[]): Promise<void> {
    this.#rules = rules;
    await this.engine.replace(
      rules.map((rule, index) => ruleFrom(rule, nameOf(index))),
      this.#references,
    );
    await this.clock.settle();
  }

  /** The process stands still, as by SIGSTOP; what comes waits, and what falls due too. */
  freeze(): void {
    this.#backlog.hold();
    this.clock.freeze();
  }

  /** It goes on: first notices the gap, then fires what fell due, and last hears what came meanwhile. */
  async thaw(): Promise<void> {
    await this.clock.thaw();
    this.#backlog.release();
    await this.clock.settle();
  }

  /** Stops the engine and starts another on the same ledger, `gap` later; by default with the same rules. */
  async restart(gap: string, ...rules: Notation[]): Promise<void> {
    await this.stop();
    await this.pass(gap);
    this.#ledger.restarted(this.clock);
    await this.#startAgain(rules);
  }

  /** The beginning of an orderly stop, in which `finally` gets 6 s. */
  park(): Promise<void> {
    return this.engine.park('the engine stops', Duration.parse('6s'));
  }

  /** Stops the engine in order; it may take 8 s. */
  async stop(): Promise<void> {
    let isParked = false;
    const parked = this.park().then(() => (isParked = true));
    await this.clock.settle();
    for (let second = 0; !isParked && second < 8; second++) await this.pass('1s');
    await parked;
    await this.#ledger.stopped();
  }

  /** The engine is killed with -9, and another starts on the same ledger with new streams. */
  async kill(gap = '0s', ...rules: Notation[]): Promise<void> {
    await this.clock.settle();
    const boottime = this.clock.boottime() + Duration.parse(gap).milliseconds;
    this.clock = new VirtualClock({ boottime, wall: this.clock.wall().milliseconds, turns: 1 });
    this.#ledger.restarted(this.clock);
    await this.#startAgain(rules);
  }

  /** The engine stops in order, the machine is off for a while and starts anew: another boot, uptime from 0. */
  async reboot(off = '0s', ...rules: Notation[]): Promise<void> {
    await this.stop();
    await this.#boot(off, false, rules);
  }

  /** The machine loses its power, and with it what the ledger had not committed. */
  async powerCut(off = '0s', ...rules: Notation[]): Promise<void> {
    await this.clock.settle();
    await this.#boot(off, true, rules);
  }

  async pass(time: string): Promise<void> {
    await this.clock.advance(Duration.parse(time));
  }

  status(rule = 'rule', key?: string): RuleStatus {
    return this.engine.status().find((status) => status.rule === rule && status.key === key)!;
  }

  /** The latest trace. */
  get trace(): RunTrace {
    return [...this.traces.values()].at(-1)!;
  }

  async close(): Promise<void> {
    const parked = this.park();
    await this.pass('8s');
    await parked;
    this.#hub.close();
  }

  async #change(states: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, value] of Object.entries(states)) {
      this.set(name, value === 'lost' ? lost('gone') : value);
    }
    await this.clock.settle();
  }

  async #boot(off: string, isPowerCut: boolean, rules: readonly Notation[]): Promise<void> {
    const offFor = Duration.parse(off).milliseconds;
    this.#before += this.clock.boottime() + offFor;
    this.clock = new VirtualClock({ boottime: 0, wall: this.clock.wall().milliseconds + offFor, turns: 1 });
    this.#ledger.rebooted(this.clock, { isPowerCut });
    await this.#startAgain(rules);
  }

  /** With the same rules unless others are given; streams and actions know nothing of before. */
  async #startAgain(rules: readonly Notation[]): Promise<void> {
    this.#backlog = new Backlog();
    this.#hub.close();
    this.#hub = this.#openHub();
    this.engine = this.#engine();
    await this.start(...(rules.length > 0 ? rules : this.#rules));
  }

  #openHub(): SharedStreamHub {
    return new SharedStreamHub(
      (name) => this.#stream(name),
      this.clock,
      this.log,
      () => 0,
    );
  }

  #engine(): RuleEngine {
    return new RuleEngine({
      clock: this.clock,
      streams: this.#hub,
      states: this.#references,
      actions: new SupervisedActionRunner(
        (name) => this.#action(name),
        this.clock,
        this.log,
        () => 0,
      ),
      ledger: this.ledger,
      watchedUntil: this.ledger.watchedUntil,
      disruptions: { announce: (call) => this.#announce(call), callsOf: () => [], obstacle: () => undefined },
      fateOf: () => this.programFate,
      expressions: new CelCompiler(),
      log: this.log,
      secrets: { token: 'hush' },
      mask: (text) => text.replaceAll('hush', '***'),
      random: () => 0,
      traceBounds: deviceTraceBounds(),
      memory: deviceMemory(),
      onTrace: (trace) => this.traces.set(trace.id, trace),
      onRefusal: (refusal) => this.refusals.push(refusal),
      onTransition: (transition) => this.transitions.push(transition),
      emit: (event, data) => this.emitted.push({ event, data }),
    });
  }

  async #announce({ rule, run }: DisruptionCall): Promise<Intent> {
    this.ledger.write('intents', run, { rule });
    await this.ledger.commit();
    const blocked = (): void => this.ledger.remove('intents', run);
    return { accepted: () => {}, unanswered: () => {}, blocked, whenLost: () => undefined };
  }

  #now(): string {
    return Duration.ofMilliseconds(this.#before + this.clock.boottime()).toString();
  }

  #action(name: string) {
    const effects = actionEffects[name];
    if (!effects) return undefined;
    const description = { name, summary: name, effects, input: z.unknown() };
    const run = (input: unknown, context: ActionContext): Promise<unknown> => this.#act(name, input, context);
    return { description, instance: { run }, plugin: 'test' };
  }

  async #act(name: string, input: unknown, context: ActionContext): Promise<unknown> {
    const { signal, idempotencyKey } = context;
    const { clock } = this;
    this.keys.push(idempotencyKey.slice(idempotencyKey.indexOf(':') + 1));
    const text = JSON.stringify(input);
    this.calls.push(`${this.#now()} ${name}${text === '{}' ? '' : ` ${text}`}`);
    const script = this.#answers.get(name) ?? [];
    const answer = script.length > 1 ? script.shift()! : (script[0] ?? { never: name === 'keep' });
    try {
      if (answer.never) await clock.sleep(Duration.parse('3650d'), `never-ending ${name}`, signal);
      if (answer.after) await clock.sleep(Duration.parse(answer.after), name, answer.deaf ? undefined : signal);
    } catch (error) {
      this.aborts.push(`${this.#now()} ${name}`);
      throw error;
    }
    if (answer.fail !== undefined) throw new Error(answer.fail);
    return answer.output;
  }

  #stream(name: string) {
    const backlog = this.#backlog;
    if (name === 'custom') {
      const match = z.object({ event: z.string().optional() });
      const description = { name, kind: 'event' as const, summary: name, match, value: dynamic() };
      const instance = {
        open: () => this.#events.pipe(backlog.received()),
        catchUp: () => new Promise<void>((resolve) => backlog.deliver(resolve)),
      };
      return { description, instance, plugin: 'test' };
    }
    const state = this.#states.get(name);
    if (!state) return undefined;
    const description = { name, kind: 'state' as const, summary: name, value: dynamic() };
    return { description, instance: { open: () => state.pipe(backlog.received()) }, plugin: 'test' };
  }
}

/** The only rule of a test is named `rule`; further ones `rule1`, `rule2` … */
function nameOf(index: number): string {
  return index === 0 ? 'rule' : `rule${index}`;
}
