import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PowerControl, powerControl, type PowerControlAvailability } from '../actions/power-control.js';
import { Duration } from '../clock/duration.js';
import { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { FileReader } from '../config/file-reader.js';
import { errorsOf } from '../diagnostics/device-error.js';
import type { Requirement } from '../host/requirement.js';
import { ProcessHost } from '../host/process-host.js';
import { LedgerMachine } from '../ledger/ledger-machine.fixture.js';
import type { Moment } from '../ledger/storage/simulated-disk.js';
import { plainImporter } from '../plugins/module-importer.js';
import { definePlugin, type PluginDefinition } from '../plugins/plugin.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { Engine } from './engine.js';
import { examine, type Finding } from './examination.js';
import { loadDevice } from './load-device.js';
import { SecretMask } from './secret-mask.js';

/**
 * What a control does when it is asked; `unavailable`, `curt` (as plain JavaScript may be: it is not, and gives no reason) and
 * `hesitant` (never says whether it is) are not asked at all.
 */
export type Manner =
  'accepts' | 'unreachable' | 'blocks' | 'silent' | 'hangs' | 'unavailable' | 'curt' | 'hesitant' | 'broken';

const { error } = errorsOf({
  NOT_THERE: { summary: 'Nobody is there.', remedy: 'Nothing.' },
  LOCKED: { summary: 'Updates are locked.', remedy: 'Nothing.' },
  NO_ANSWER: { summary: 'There was no answer.', remedy: 'Nothing.' },
});

/** What all of the controls need. */
const wire: Requirement = {
  name: 'wire',
  summary: 'A wire.',
  compose: 'devices: [/dev/wire]',
  probe: async () => ({ met: false, detail: 'it is cut' }),
};

/** A machine whose engine has power controls; it goes down only when the test says so. */
export class PoweredMachine {
  readonly machine = new LedgerMachine();
  /** Requests that were made, such as `10m supervisor reboot`, by the time since the start of the test. */
  readonly calls: string[] = [];
  /** By the name of the control, the lowest rank first. */
  manners: Record<string, Manner> = { supervisor: 'accepts', bus: 'accepts' };
  readonly #folder = mkdtempSync(join(tmpdir(), 'powered-machine-'));
  readonly #file = join(this.#folder, '.devicerc.yml');
  readonly #host = new ProcessHost();
  readonly #files = new FileReader(new RealClock());
  readonly #plugins: ReadonlyMap<string, PluginDefinition>;
  #before = 0;
  engine!: Engine;

  constructor(names: readonly string[] = ['supervisor', 'bus']) {
    // The file names them in an order that is not the one of their ranks.
    const plugins = names.toReversed().map((name) => this.#plugin(name, names.indexOf(name)));
    this.#plugins = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  }

  write(rules: string, uses: readonly string[] = [...this.#plugins.keys()]): void {
    const plugins = uses.length > 0 ? `plugins: [${uses.map((name) => `{ use: ${name} }`).join(', ')}]\n` : '';
    writeFileSync(this.#file, `version: 1\n${plugins}rules:\n${rules}`);
  }

  /** What `doctor` finds out about the file. */
  async examine(): Promise<readonly Finding[]> {
    const device = { ...this.#parts(), host: this.#host, expressions: new CelCompiler() };
    const { model, plugins } = await loadDevice(this.#file, device);
    const ports = { ...device, clock: this.machine.clock, mask: new SecretMask(this.#host) };
    return examine({ model: model!, plugins: plugins! }, ports);
  }

  /** An engine starts on the machine, as it is. */
  async start(): Promise<void> {
    const { clock, log } = this.machine;
    this.engine = await Engine.create({
      file: this.#file,
      clock,
      host: this.#host,
      ledger: this.machine.open(),
      log,
      mask: new SecretMask(this.#host),
      random: () => 0,
      ...this.#parts(),
    });
    await this.engine.start();
    await this.machine.clock.settle();
  }

  async stop(): Promise<void> {
    let hasStopped = false;
    const stopping = this.engine.stop('SIGTERM').finally(() => (hasStopped = true));
    await this.machine.clock.advance(Duration.parse('10s'), () => hasStopped);
    await stopping;
    await this.machine.ledger.close();
  }

  /** The engine is killed with -9, and another one starts `gap` later. */
  async kill(gap = '0s'): Promise<void> {
    await this.machine.clock.settle();
    const boottime = this.machine.clock.boottime() + Duration.parse(gap).milliseconds;
    this.machine.disk.kill();
    // For the one that was killed, time stands still.
    this.machine.clock = new VirtualClock({ boottime });
    await this.start();
  }

  async reboot(): Promise<void> {
    await this.stop();
    this.#before += this.machine.clock.boottime();
    this.machine.boot();
    await this.machine.ledger.close();
    await this.start();
  }

  /** Starts an engine and lets time pass; it is killed when its disk comes to an operation, and another one starts at once. */
  async passInterrupted(time: string, operation: number, moment: Moment): Promise<void> {
    const { disk, clock } = this.machine;
    disk.interruptAt(operation, moment);
    await this.start().catch((error: unknown) => {
      if (!disk.wasInterrupted) throw error;
    });
    await clock.advance(Duration.parse(time), () => disk.wasInterrupted);
    if (!disk.wasInterrupted) return;
    await this.kill();
    await this.machine.clock.advance(Duration.ofMilliseconds(Duration.parse(time).milliseconds - clock.boottime()));
  }

  pass(time: string): Promise<void> {
    return this.machine.advance(time);
  }

  get logged(): string {
    return this.machine.log.lines.map(({ level, message }) => `${level} ${message}`).join('\n');
  }

  async end(): Promise<void> {
    await this.stop();
    this.remove();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #parts() {
    const builtIn = new Map([...this.#plugins].map(([name, plugin]) => [name, async () => plugin]));
    return { files: this.#files, importModule: plainImporter, builtIn };
  }

  #plugin(name: string, rank: number): PluginDefinition {
    const mannerNow = (): Manner => this.manners[name]!;
    const ask = (what: string, signal: AbortSignal): Promise<void> => this.#asked(name, what, signal);

    @powerControl({ name, summary: 'As a test says.', rank, unreachable: ['NOT_THERE'], requires: [wire] })
    class TestControl extends PowerControl {
      async available(): Promise<PowerControlAvailability> {
        const manner = mannerNow();
        if (manner === 'broken') throw new Error('a wire is loose');
        if (manner === 'hesitant') await new Promise(() => {});
        if (manner === 'curt') return { available: false } as unknown as PowerControlAvailability;
        return manner === 'unavailable' ? { available: false, reason: 'it is away' } : { available: true };
      }

      reboot(signal: AbortSignal): Promise<void> {
        return ask('reboot', signal);
      }

      shutdown(signal: AbortSignal): Promise<void> {
        return ask('shutdown', signal);
      }
    }
    return definePlugin({ name: `plugin-${name}`, api: '^1.0.0', powerControls: [TestControl] });
  }

  async #asked(name: string, what: string, signal: AbortSignal): Promise<void> {
    const at = Duration.ofMilliseconds(this.#before + this.machine.clock.boottime());
    this.calls.push(`${at} ${name} ${what}`);
    switch (this.manners[name]) {
      case 'unreachable':
        throw error('NOT_THERE', `${name} is not there.`);
      case 'blocks':
        throw error('LOCKED', `${name} is locked.`);
      case 'silent':
        throw error('NO_ANSWER', `${name} did not answer.`, { isUncertain: true });
      case 'hangs':
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
    }
  }
}
