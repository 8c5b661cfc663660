import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '@devicerc/core';

const program = resolve(import.meta.dirname, '../../../core/bin/devicerc.js');

export interface EngineLifeOptions {
  /** Holds the file, the state and the runtime folder; it outlives the engine. */
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** What the engine is started by, and replaces itself with it: `unshare --mount`. */
  readonly command?: readonly string[];
  /** Takes each line of the log as it comes. */
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
}

export interface EngineEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds from the signal to the end of the process. */
  readonly took: number;
}

/** One life of the built program on a folder that outlives it: from its start to `kill -9` or SIGTERM. */
export class EngineLife {
  readonly #ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly #read: Promise<unknown>;
  readonly #lastLines: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly clock: Clock,
    onLine: EngineLifeOptions['onLine'],
  ) {
    this.#ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const lines = [child.stdout!, child.stderr!].map((input) => createInterface({ input }));
    this.#read = Promise.all(lines.map((reader) => once(reader, 'close')));
    for (const reader of lines) {
      reader.on('line', (text) => {
        this.#lastLines.push(text);
        if (this.#lastLines.length > 50) this.#lastLines.shift();
        onLine(parse(text));
      });
    }
  }

  static start({ folder, variables, clock, command = [], onLine }: EngineLifeOptions): EngineLife {
    const run = [process.execPath, program, 'run', join(folder, '.devicerc.yml'), '--log', 'json'];
    const [first, ...words] = [...command, ...run];
    const child = spawn(first!, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        DEVICERC_STATE: join(folder, 'state'),
        DEVICERC_RUNTIME: join(folder, 'run'),
        ...variables,
      },
    });
    return new EngineLife(child, clock, onLine);
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The last 50 lines of the log: what to look at when it ended by itself. */
  get lastLines(): string {
    return this.#lastLines.join('\n');
  }

  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when it has ended of the signal, and everything that it wrote was read. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<EngineEnd> {
    const asked = this.clock.boottime();
    this.child.kill(signal);
    const [code, endSignal] = await this.#ended;
    const took = this.clock.boottime() - asked;
    await this.#read;
    return { code, signal: endSignal, took };
  }

  /** Bytes of memory that are its own at the moment (VmRSS of proc_pid_status(5)). */
  async residentMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  /** How many files, sockets and pipes it has open. */
  async openDescriptors(): Promise<number> {
    return (await readdir(`/proc/${this.child.pid}/fd`)).length;
  }
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { message: line };
  }
}
