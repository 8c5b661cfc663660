import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '@devicerc/core';
import { Duration } from '@devicerc/core';

const program = resolve(import.meta.dirname, '../../../core/bin/devicerc.js');

/** `devicerc run` as a device runs it: the built program, in a process of its own, on the system bus of a machine. */
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

  static async start(file: string, busAddress: string, clock: Clock): Promise<EngineProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-engine-'));
    await writeFile(join(folder, '.devicerc.yml'), file);
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

  /** Resolves with the first match in the log; fails when the engine ends before. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match[0];
      if (this.child.exitCode !== null) throw new Error(`The engine ended. It said:\n${this.#output}`);
      await this.clock.sleep(Duration.parse('20ms'), 'poll of the log');
    }
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
