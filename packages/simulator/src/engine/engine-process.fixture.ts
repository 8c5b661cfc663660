import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Duration, type Clock } from '@devicerc/core';

const program = resolve(import.meta.dirname, '../../../core/bin/devicerc.js');

/** `devicerc run` as a device runs it: the built program, in a process of its own, on the system bus that it is given. */
export class EngineProcess {
  #output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly clock: Clock,
  ) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  /** @param others further files, by their names beside the device file */
  static async start(
    file: string,
    busAddress: string,
    clock: Clock,
    others: Readonly<Record<string, string>> = {},
  ): Promise<EngineProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-engine-'));
    for (const [name, text] of Object.entries({ ...others, '.devicerc.yml': file })) {
      await writeFile(join(folder, name), text);
    }
    const child = spawn(process.execPath, [program, 'run', join(folder, '.devicerc.yml'), '--log', 'json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DBUS_SYSTEM_BUS_ADDRESS: busAddress,
        DEVICERC_STATE: join(folder, 'state'),
        DEVICERC_RUNTIME: join(folder, 'run'),
      },
    });
    return new EngineProcess(child, folder, clock);
  }

  get output(): string {
    return this.#output;
  }

  /** How many files, sockets and pipes it has open. */
  async openFiles(): Promise<number> {
    return (await readdir(`/proc/${this.child.pid}/fd`)).length;
  }

  /** Another device file, which the engine then reads. */
  async edit(file: string): Promise<void> {
    await writeFile(join(this.folder, '.devicerc.yml'), file);
    this.child.kill('SIGHUP');
  }

  /** SIGSTOP, as `docker pause` does; it goes on with `resume`. */
  pauseProcess(): void {
    this.child.kill('SIGSTOP');
  }

  resumeProcess(): void {
    this.child.kill('SIGCONT');
  }

  /** Resolves with the first match in the log; fails when the engine ends before. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match[0];
      if (this.child.exitCode !== null) throw new Error(`The engine ended. It said:\n${this.#output}`);
      await this.pause();
    }
  }

  /** Resolves once the log has the text so many times; fails when the engine ends before. */
  async saysTimes(text: string, times: number): Promise<void> {
    while (this.#output.split(text).length <= times) {
      if (this.child.exitCode !== null) throw new Error(`The engine ended. It said:\n${this.#output}`);
      await this.pause();
    }
  }

  /** A moment of the outside world. */
  async pause(): Promise<void> {
    await this.clock.sleep(Duration.parse('20ms'), 'poll of the engine');
  }

  /** Ends it as a container is ended, and returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }
}
