import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileReader } from '../config/file-reader.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { ProcessHost } from '../host/process-host.js';
import { plainImporter } from '../plugins/module-importer.js';
import type { Ledger } from '../ledger/ledger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import type { PluginDefinition } from '../plugins/plugin.js';
import type { BlackBox } from './black-box/black-box.js';
import { Engine } from './engine.js';
import type { EngineOptions } from './engine-options.js';
import { SecretMask } from './secret-mask.js';

/** An engine on a file in a folder of its own, in virtual time. */
export class EngineBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  readonly file = join(this.folder, '.devicerc.yml');
  ledger: Ledger;
  blackBox: BlackBox | undefined;
  loadFile: EngineOptions['load'];
  readonly log = new RecordingLogger();
  readonly host = new ProcessHost();
  readonly mask = new SecretMask(this.host);
  readonly files = new FileReader(new RealClock());
  engine!: Engine;

  constructor(
    private readonly plugins: readonly PluginDefinition[] = [],
    readonly clock = new VirtualClock(),
  ) {
    this.ledger = new MemoryLedger(clock, { durable: true });
  }

  write(rules: string): void {
    const uses = this.plugins.map(({ name }) => `  - use: ${name}`).join('\n');
    writeFileSync(this.file, `version: 1\n${uses && `plugins:\n${uses}\n`}rules:\n${rules}`);
  }

  async create(rules: string): Promise<Engine> {
    this.write(rules);
    return this.load();
  }

  /** An engine on the file as it is. */
  async load(): Promise<Engine> {
    this.engine = await Engine.create({
      file: this.file,
      clock: this.clock,
      host: this.host,
      ledger: this.ledger,
      log: this.log,
      mask: this.mask,
      ...(this.blackBox && { blackBox: this.blackBox }),
      ...(this.loadFile && { load: this.loadFile }),
      // Real files take real time.
      files: this.files,
      importModule: plainImporter,
      builtIn: new Map(this.plugins.map((plugin) => [plugin.name, async () => plugin])),
      random: () => 0,
    });
    return this.engine;
  }

  async start(rules: string): Promise<Engine> {
    const engine = await this.create(rules);
    await engine.start();
    await this.advance('10ms');
    return engine;
  }

  advance(time: string): Promise<void> {
    return this.clock.advance(Duration.parse(time));
  }

  /** Lets time pass while the engine stops. */
  async stop(): Promise<void> {
    let stopped = false;
    const stopping = this.engine.stop('SIGTERM').finally(() => (stopped = true));
    for (let round = 0; round < 400 && !stopped; round++) await this.advance('50ms');
    await stopping;
  }

  async end(): Promise<void> {
    await this.stop();
    // A file that the engine gave up waiting for may still be written.
    await eventually(() => {
      rmSync(this.folder, { recursive: true, force: true });
      return true;
    });
  }

  /** What rules wrote with `log`. */
  get said(): readonly string[] {
    return this.log.lines.filter(({ fields }) => fields['action'] === 'log').map(({ message }) => message);
  }
}
