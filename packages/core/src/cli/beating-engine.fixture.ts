import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

/** The built program with a rule that writes 50 kB to the log and adds to a file, again and again. */
export class BeatingEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'devicerc-output-'));
  #process: ChildProcess | undefined;

  /** @param output what its log and its errors are written to */
  start(output: number | 'pipe'): ChildProcess {
    const add = `{ do: exec, with: { command: [sh, -c, "echo beat >> ${join(this.folder, 'beats')}"] } }`;
    const say = `{ do: log, with: { message: "beat ${'.'.repeat(50_000)}" } }`;
    const rule = `on: [{ schedule: { every: 200ms } }], then: [${say}, ${add}]`;
    const file = join(this.folder, '.devicerc.yml');
    writeFileSync(file, `version: 1\nrules: { beat: { ${rule} } }\n`);
    // The kernel ends it, whatever becomes of the test: at fault, it would take a core for ever.
    const limited = ['-c', 'ulimit -t 30; exec "$@"', 'sh', process.execPath, program];
    this.#process = spawn('sh', [...limited, 'run', file], {
      stdio: ['ignore', output, output],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DEVICERC_STATE: join(this.folder, 'state'),
        DEVICERC_RUNTIME: join(this.folder, 'r'),
      },
    });
    return this.#process;
  }

  async beatsAgain(): Promise<void> {
    const before = this.#beats();
    await eventually(() => this.#beats() > before + 10, { within: Duration.parse('20s') });
  }

  async codeAfterSigterm(): Promise<number | null> {
    const child = this.#process!;
    child.kill('SIGTERM');
    await eventually(() => child.exitCode !== null || child.signalCode !== null, { within: Duration.parse('8s') });
    return child.exitCode;
  }

  /** Whatever state a failed test left it in. */
  remove(): void {
    this.#process?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  #beats(): number {
    return statSync(join(this.folder, 'beats'), { throwIfNoEntry: false })?.size ?? 0;
  }
}
