import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopWatch } from '../clock/loop-watch.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { plainImporter } from '../plugins/module-importer.js';
import type { PluginDefinition } from '../plugins/plugin.js';
import { Engine } from './engine.js';
import { SecretMask } from './secret-mask.js';

/** An engine on a file in a folder of its own, in real time, whose event loop is watched. */
export class RealTimeEngine {
  readonly clock = new RealClock();
  engine!: Engine;
  watch!: LoopWatch;
  readonly #folder = mkdtempSync(join(tmpdir(), 'real-time-engine-'));
  readonly #file = join(this.#folder, '.devicerc.yml');

  constructor(private readonly plugins: readonly PluginDefinition[] = []) {}

  write(rules: string): void {
    const uses = this.plugins.map(({ name }) => `{ use: ${name} }`).join(', ');
    writeFileSync(this.#file, `version: 1\nplugins: [${uses}]\nrules:\n${rules}`);
  }

  async start(rules: string): Promise<void> {
    this.write(rules);
    const host = new ProcessHost();
    this.watch = new LoopWatch();
    this.engine = await Engine.create({
      file: this.#file,
      clock: this.clock,
      host,
      ledger: new MemoryLedger(this.clock, { durable: true }),
      log: new RecordingLogger(),
      mask: new SecretMask(host),
      importModule: plainImporter,
      builtIn: new Map(this.plugins.map((plugin) => [plugin.name, async () => plugin])),
    });
    await this.engine.start();
  }

  async end(): Promise<void> {
    this.watch.end();
    await this.engine.stop();
    this.clock.dispose();
    rmSync(this.#folder, { recursive: true });
  }
}
