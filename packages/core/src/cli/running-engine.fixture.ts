import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join, resolve } from 'node:path';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { BlackBox } from '../engine/black-box/black-box.js';
import { SecretMask } from '../engine/secret-mask.js';
import { openLedger } from '../ledger/open-ledger.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

/** A plugin whose reboots are accepted, or refused, and never happen, and whose sensor is out of reach. */
const machinePlugin = `
import { action, definePlugin, lost, stateStream, z } from '@devicerc/core';
import { concat, NEVER, of } from 'rxjs';
class Reboot {
  async run({ locked }) { if (locked) throw new Error('updates are locked'); }
}
action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({ locked: z.boolean().default(false) }) })(Reboot);
class Sensor {
  open() { return concat(of(lost('the cable is out.')), NEVER); }
}
stateStream({ name: 'sensor', summary: 'Is lost.', value: z.object({ on: z.boolean(), level: z.number() }) })(Sensor);
export default definePlugin({ name: 'machine', api: '^1.0.0', actions: [Reboot], streams: [Sensor] });
`;

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

interface StartOptions {
  /** What its clocks say at the start, in seconds: for that it gets a time namespace, as root only. */
  readonly boottime?: number;
  readonly isShadow?: boolean;
}

/** The built program on a file in a folder of its own: one process that runs it, and one for each command that asks. */
export class RunningEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'devicerc-cli-'));
  readonly file = join(this.folder, '.devicerc.yml');
  readonly environment = {
    ...process.env,
    NODE_OPTIONS: '',
    DEVICERC_STATE: join(this.folder, 'state'),
    DEVICERC_RUNTIME: join(this.folder, 'run'),
  };
  process?: ChildProcess;
  #log = '';

  /** What the present process wrote. */
  get log(): string {
    return this.#log;
  }

  write(rules: string): void {
    writeFileSync(join(this.folder, 'machine.js'), machinePlugin);
    writeFileSync(this.file, `version: 1\nplugins: [{ use: ./machine.js }]\nrules:\n${rules}`);
  }

  async start(rules: string, options: StartOptions = {}): Promise<void> {
    this.launch(rules, options);
    await eventually(() => this.#log.includes('"Running '), { within: Duration.parse('20s') });
  }

  /** Does not wait for the start of the engine. */
  launch(rules: string, { boottime, isShadow = false }: StartOptions = {}): void {
    this.write(rules);
    this.#log = '';
    const offset = boottime === undefined ? undefined : boottime - Math.floor(uptime());
    const run = [program, 'run', this.file, '--log', 'json', ...(isShadow ? ['--shadow'] : [])];
    const options = { env: this.environment };
    this.process =
      offset === undefined
        ? spawn(process.execPath, run, options)
        : spawn(
            'unshare',
            ['--time', `--boottime=${offset}`, `--monotonic=${offset}`, process.execPath, ...run],
            options,
          );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    }
  }

  /** Five boots of a minute each on record, and a black box of the last one. */
  async recordShortBoots(): Promise<void> {
    const host = { variables: this.environment, procPath: this.folder, sysPath: this.folder, rootPath: this.folder };
    mkdirSync(join(this.folder, 'sys/kernel/random'), { recursive: true });
    for (let boot = 1; boot <= 5; boot++) {
      const clock = new VirtualClock({ boottime: 60_000 });
      writeFileSync(join(this.folder, 'sys/kernel/random/boot_id'), `boot-${boot}`);
      const ledger = await openLedger({ host, clock, log: new RecordingLogger() });
      const blackBox = new BlackBox(clock, new SecretMask(host), join(this.folder, 'state/black-box'));
      await blackBox.open(ledger.boots);
      blackBox.note('was here');
      await blackBox.close();
      await ledger.close();
    }
  }

  async ask(...words: string[]): Promise<CommandResult> {
    const child = spawn(process.execPath, [program, ...words], { env: this.environment, cwd: this.folder });
    let out = '';
    let error = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    await once(child, 'close');
    return { code: child.exitCode, out, error };
  }

  /** What a command prints on a terminal, until it has printed what is wanted. */
  async watch(words: string, isEnough: (shown: string) => boolean): Promise<string> {
    const command = `${process.execPath} ${program} ${words}`;
    const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
      env: this.environment,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    await eventually(() => isEnough(shown));
    const closed = once(terminal, 'close');
    terminal.stdin.write('\u0003');
    terminal.stdin.end();
    await closed;
    return shown;
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    const { process } = this;
    if (process?.exitCode === null && process.signalCode === null) {
      const ended = once(process, 'close');
      process.kill('SIGTERM');
      await ended;
    }
    return process?.exitCode ?? null;
  }

  /** Whatever state a failed test left it in. */
  remove(): void {
    this.process?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}
