import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionCall } from '../actions/action-runner.js';
import type { ActionContext, ActionDescription } from '../actions/action.js';
import { SupervisedActionRunner } from '../actions/supervised-action-runner.js';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import type { JsonValue, Ledger } from '../ledger/ledger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { z } from '../schemas/schema.js';
import type { Reach } from '../network/network-reach.js';
import { readNetworkReach } from '../network/route-reach.js';
import { OutboxActionRunner } from './outbox-action-runner.js';
import { Outbox, type Carrier } from './outbox.js';

/** What the receiver of a target does with a message. */
export type Answer = (attempt: number, signal: AbortSignal) => Promise<unknown>;

export interface Attempt {
  /** Milliseconds of boottime. */
  readonly at: number;
  readonly key: string;
  readonly input: { readonly to: string; readonly text: string };
  readonly number: number;
}

/** Remembers what was committed: all that a power cut leaves. */
class CommittedLedger extends MemoryLedger {
  #committed: readonly [string, ReadonlyMap<string, JsonValue>][] = [];

  override async commit(): Promise<void> {
    this.#committed = this.scopes().map((scope) => [scope, this.entries(scope)]);
  }

  /** Removes and forgets what was never committed. */
  cutPower(): void {
    for (const scope of this.scopes()) for (const key of this.entries(scope).keys()) this.remove(scope, key);
    for (const [scope, entries] of this.#committed) {
      for (const [key, value] of entries) this.write(scope, key, value);
    }
  }
}

/** An outbox with the real runner, in virtual time; the action `notify.send` goes to whoever its input names. */
export class OutboxWorld {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLogger();
  readonly ledger = new CommittedLedger(this.clock, { durable: true });
  readonly folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  readonly attempts: Attempt[] = [];
  readonly answers = new Map<string, Answer>();
  readonly abort = new AbortController();
  /** Whether the plugin with the action is in use. */
  hasAction = true;
  readonly #secrets = new Set<string>();
  outbox = this.#outbox();
  runner = this.start();

  /** Opens the outbox, as at the start of the engine. */
  start(secrets: Readonly<Record<string, string>> = {}): OutboxActionRunner {
    const carrier = this.#carrier();
    for (const secret of Object.values(secrets)) this.#secrets.add(secret);
    this.outbox.useSecrets(secrets);
    this.outbox.open(carrier);
    this.runner = new OutboxActionRunner(this.outbox, carrier);
    return this.runner;
  }

  /** Another engine on the same record; the one before does nothing any more, as after kill -9. */
  kill(secrets: Readonly<Record<string, string>> = {}): void {
    void this.outbox.close();
    this.outbox = this.#outbox();
    this.start(secrets);
  }

  cutPower(): void {
    void this.outbox.close();
    this.ledger.cutPower();
    this.outbox = this.#outbox();
    this.start();
  }

  call(step: string, to: string, text: string, extra: Partial<ActionCall> = {}): Promise<unknown> {
    const base = { action: 'notify.send', rule: 'tell', run: 'r1', signal: this.abort.signal };
    return this.runner.run({ ...base, step, input: { to, text }, ...extra });
  }

  /** Calls and lets promises settle: what the step gave, or `waits` while it is not over. */
  async send(step: string, to: string, text = step, extra: Partial<ActionCall> = {}): Promise<unknown> {
    const settled: { outcome: unknown } = { outcome: 'waits' };
    void this.call(step, to, text, extra).then(
      (output) => (settled.outcome = (output as { delivered: boolean }).delivered ? 'delivered' : 'queued'),
      (error: { code: string }) => (settled.outcome = error.code),
    );
    await this.clock.settle();
    return settled.outcome;
  }

  advance(time: string): Promise<void> {
    return this.clock.advance(Duration.parse(time));
  }

  /** The routes of the machine, as /proc/net/route shows them. */
  routes(...lines: string[]): void {
    mkdirSync(join(this.folder, 'net'), { recursive: true });
    const headings = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
    writeFileSync(join(this.folder, 'net/route'), `${[headings, ...lines].join('\n')}\n`);
  }

  /** How far the routes reach. */
  reach(): Reach {
    return readNetworkReach(this.folder);
  }

  get texts(): readonly string[] {
    return this.attempts.map(({ input }) => input.text);
  }

  async close(): Promise<void> {
    await this.outbox.close();
    rmSync(this.folder, { recursive: true });
  }

  /** All that lies in the ledger, as text. */
  get record(): string {
    return recordOf(this.ledger);
  }

  #outbox(): Outbox {
    const { clock, ledger, log } = this;
    const mask = (text: string): string =>
      [...this.#secrets].reduce((rest, each) => rest.replaceAll(each, '***'), text);
    return new Outbox({ clock, ledger, log, random: () => 0, reach: () => this.reach(), mask });
  }

  #carrier(): Carrier {
    const description: ActionDescription = {
      name: 'notify.send',
      summary: '',
      effects: ['notify'],
      input: z.object({ to: z.string(), text: z.string() }),
      target: (input) => (input as Attempt['input']).to,
    };
    const instance = { run: (input: unknown, context: ActionContext) => this.#attempt(input as never, context) };
    const describe = (name: string) => (this.hasAction && name === 'notify.send' ? description : undefined);
    const resolve = (name: string) => describe(name) && { description, instance, plugin: 'test' };
    const actions = new SupervisedActionRunner(resolve, this.clock, this.log, () => 0);
    return { actions, describe };
  }

  #attempt(input: Attempt['input'], { idempotencyKey, attempt, signal }: ActionContext): Promise<unknown> {
    this.attempts.push({ at: this.clock.boottime(), key: idempotencyKey, input, number: attempt });
    return this.answers.get(input.to)?.(attempt, signal) ?? Promise.resolve();
  }
}

function recordOf(ledger: Ledger): string {
  return JSON.stringify(ledger.scopes().map((scope) => [scope, [...ledger.entries(scope)]]));
}
