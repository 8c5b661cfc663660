import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { askEngine } from './control/control-client.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
const heapMegabytes = 128;

/** Events from outside as a bus brings them: so many, so large, with so many keys. */
const plugin = `
import { definePlugin, eventStream, z } from '@devicerc/core';
import { Observable } from 'rxjs';
class Flood {
  open({ size, count, keys }) {
    return new Observable((subscriber) => {
      let id = 0;
      const send = () => {
        for (let sent = 0; sent < count; sent++, id++) {
          const text = Buffer.alloc(size, String(id % 10)).toString('latin1');
          subscriber.next({ id: String(id % keys), text });
        }
      };
      const timer = setInterval(send, 20);
      return () => clearInterval(timer);
    });
  }
}
eventStream({
  name: 'flood',
  summary: 'Events every 20 ms.',
  parameters: z.object({ size: z.number(), count: z.number(), keys: z.number() }),
  match: z.object({}),
  value: z.object({ id: z.string(), text: z.string() }),
})(Flood);
export default definePlugin({ name: 'flood', api: '^1.0.0', streams: [Flood] });
`;

/** Writes down the largest heap in use that it finds, ten times a second. */
const probe = `
const { getHeapStatistics } = require('node:v8');
const { writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
let peak = 0;
const look = () => {
  const used = getHeapStatistics().used_heap_size;
  if (used <= peak) return;
  peak = used;
  writeFileSync(process.env.PEAK_FILE, String(peak));
};
// The thread that resolves the imports of plugins has a heap of its own.
if (isMainThread) setInterval(look, 100).unref();
`;

/** The built program with a heap of 128 MB, as on a board with 512 MB of memory. */
export class SmallHeapEngine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'small-heap-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** The end of what it printed. */
  #output = '';
  #peakResident = 0;

  /** @param files by name; the first is the device file */
  constructor(
    files: Readonly<Record<string, string>>,
    private readonly clock: Clock,
  ) {
    const all = { ...files, 'flood.mjs': plugin, 'probe.cjs': probe };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(this.#folder, name), text);
    const options = [`--max-old-space-size=${heapMegabytes}`, '--require', join(this.#folder, 'probe.cjs')];
    const run = [program, 'run', join(this.#folder, Object.keys(files)[0]!), '--log', 'json'];
    this.#child = spawn(process.execPath, [...options, ...run], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DEVICERC_STATE: join(this.#folder, 'state'),
        DEVICERC_RUNTIME: join(this.#folder, 'run'),
        PEAK_FILE: join(this.#folder, 'peak'),
      },
    });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-20_000)));
    }
  }

  /** Runs for so long; fails when it dies before. */
  async live(time: Duration): Promise<void> {
    await eventually(() => this.#output.includes('"Running ') || this.#hasDied(), { within: Duration.parse('60s') });
    const until = this.clock.boottime() + time.milliseconds;
    while (this.clock.boottime() < until) {
      this.#checkAlive();
      await this.clock.sleep(Duration.parse('250ms'), 'look at the engine');
      this.#measure();
    }
    this.#checkAlive();
  }

  ask(command: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const question = { command, with: input, timeout: Duration.parse('60s') };
    return askEngine(join(this.#folder, 'run'), this.clock, question);
  }

  /** @returns its exit code after SIGTERM, and what it took */
  async stop(): Promise<{ readonly code: number | null; readonly resident: number; readonly heap: number }> {
    this.#child.kill('SIGTERM');
    await this.#ended;
    return { code: this.#child.exitCode, resident: this.#peakResident, heap: this.#peakHeap() };
  }

  get output(): string {
    return this.#output;
  }

  /** Whatever state a failed test left it in. */
  async remove(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true });
  }

  #hasDied(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #checkAlive(): void {
    if (!this.#hasDied()) return;
    const how = this.#child.signalCode ?? `code ${this.#child.exitCode}`;
    throw new Error(`The engine ended (${how}). It said at last:\n${this.#output.slice(-3_000)}`);
  }

  /** proc_pid_status(5): VmHWM is the peak of the resident set, in kibibytes. */
  #measure(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      this.#peakResident = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      // It has just died, which is said elsewhere.
    }
  }

  #peakHeap(): number {
    return Number(readFileSync(join(this.#folder, 'peak'), 'utf8'));
  }
}
