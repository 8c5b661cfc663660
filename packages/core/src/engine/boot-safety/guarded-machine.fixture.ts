import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimit } from '../../config/limit-section.js';
import { LedgerMachine } from '../../ledger/ledger-machine.fixture.js';
import type { Intent } from '../../rules/disruption-guard.js';
import { recogniseBoot } from '../boot.js';
import { SecretMask } from '../secret-mask.js';
import { BootSafety } from './boot-safety.js';

/** A machine in virtual time whose engine is only its guard, on the real ledger with a simulated disk. */
export class GuardedMachine {
  readonly machine = new LedgerMachine();
  readonly #sys = mkdtempSync(join(tmpdir(), 'sys-'));
  readonly #host = { variables: {}, procPath: this.#sys, sysPath: this.#sys, rootPath: this.#sys };
  safety!: BootSafety;
  #runs = 0;

  static async start(): Promise<GuardedMachine> {
    const machine = new GuardedMachine();
    machine.machine.open();
    await machine.#start();
    return machine;
  }

  /** The engine stops in order, then the machine boots. */
  async reboot(): Promise<void> {
    await this.#stop();
    this.machine.boot();
    await this.#start();
  }

  async cutPower(): Promise<void> {
    this.safety.dispose();
    this.machine.cutPower();
    await this.#start();
  }

  /** The engine stops in order, and in the next boot it finds no good file: that boot lasts for a time without its guard. */
  async rebootWithBadFile(lasts: string): Promise<void> {
    await this.#stop();
    this.machine.boot();
    await this.advance(lasts);
    await this.machine.ledger.close();
    this.machine.boot();
    await this.#start();
  }

  async killEngine(): Promise<void> {
    this.safety.dispose();
    this.machine.kill();
    await this.#start();
  }

  async restartEngine(): Promise<void> {
    await this.#stop();
    this.machine.open();
    await this.#start();
  }

  /** Boots of a minute each, by power cuts. */
  async shortBoots(count: number): Promise<void> {
    for (let boot = 0; boot < count; boot++) {
      await this.advance('1m');
      await this.cutPower();
    }
  }

  /** A record of the kernel in pstore. */
  crash(name: string, at: number): void {
    const folder = join(this.#sys, 'fs/pstore');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), 'Panic#1 Part1');
    utimesSync(join(folder, name), at, at);
  }

  /** Where pstore is kept from the container. */
  hidePstore(isHidden: boolean): void {
    const [from, to] = ['fs', 'hidden'].map((name) => join(this.#sys, name)) as [string, string];
    if (isHidden) renameSync(from, to);
    else renameSync(to, from);
  }

  /** Announces a call of a run of its own; the limit is the default one. */
  announce(rule = 'stuck', run = `run-${++this.#runs}`, step = 'then[0]'): Promise<Intent> {
    return this.safety.announce({ rule, run, step, action: 'host.reboot', limit: defaultLimit });
  }

  /** A call that is accepted. */
  async call(rule?: string): Promise<void> {
    (await this.announce(rule)).accepted();
  }

  /** The code with which a call is refused, or `called`. */
  async attempt(rule?: string): Promise<string> {
    try {
      await this.call(rule);
      return 'called';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  /** What the stream `boot` would tell. */
  boot() {
    return recogniseBoot(this.#sys, this.machine.ledger, this.safety.safeMode().active);
  }

  get outcomes(): readonly (string | undefined)[] {
    return this.safety.intents().map(({ outcome }) => outcome);
  }

  get told(): string {
    return this.machine.log.lines.map(({ level, message }) => `${level} ${message}`).join('\n');
  }

  advance(time: string): Promise<void> {
    return this.machine.advance(time);
  }

  async end(): Promise<void> {
    await this.#stop();
    rmSync(this.#sys, { recursive: true });
  }

  async #start(): Promise<void> {
    const { clock, ledger, log } = this.machine;
    this.safety = new BootSafety(clock, ledger, this.#host, new SecretMask(this.#host), log);
    await this.safety.start();
  }

  async #stop(): Promise<void> {
    this.safety.dispose();
    await this.machine.ledger.close();
  }
}
