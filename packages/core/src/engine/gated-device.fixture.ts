import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

/** Reads the gate that the test opens and closes; says so once the engine has taken notice, and put it on record. */
const plugin = `
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Observable } from 'rxjs';
import { definePlugin, stateStream, z } from '@devicerc/core';

const folder = process.env.GATE_FOLDER;

class Gate {
  open() {
    return new Observable((subscriber) => {
      let known;
      const look = () => {
        const text = readFileSync(join(folder, 'gate'), 'utf8');
        if (text === known) return;
        known = text;
        subscriber.next(JSON.parse(text));
        setImmediate(() => writeFileSync(join(folder, 'noticed'), text));
      };
      look();
      const timer = setInterval(look, 5);
      return () => clearInterval(timer);
    });
  }
}
const value = z.object({ isOpen: z.boolean(), name: z.string(), group: z.string() });
stateStream({ name: 'gate', summary: 'A gate.', value })(Gate);
export default definePlugin({ name: 'gate', api: '^1.0.0', streams: [Gate] });
`;

/** One rule tells each opening; the other at most three of each group. */
const rulesFor = (url: string): string => `version: 1
plugins: [{ use: ./gate.mjs }]
rules:
  each:
    when: gate.isOpen
    mode: parallel
    then:
      - { do: notify.webhook, with: { url: "${url}/each", body: "\${{ gate.name }}" } }
      - { do: log, with: { message: "accepted \${{ gate.name }}" } }
      - { emit: { event: opened, data: { group: "\${{ gate.group }}" } } }
  limited:
    on: [{ custom: { event: opened } }]
    key: event.data.group
    mode: parallel
    limit: { runs: 3, per: 24h }
    then:
      - { do: notify.webhook, with: { url: "${url}/limited", body: "\${{ key }}" } }
`;

interface GateState {
  readonly isOpen: boolean;
  readonly name: string;
  readonly group: string;
}

/** The real program with a rule file of its own, whose condition the test turns on and off from outside. */
export class GatedDevice {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gated-device-'));
  #gate = '';

  constructor(private readonly url: string) {
    writeFileSync(join(this.#folder, 'gate.mjs'), plugin);
    writeFileSync(join(this.#folder, '.devicerc.yml'), rulesFor(url));
    this.set({ isOpen: false, name: '0', group: '0' });
  }

  /** Another device that stands before the same gate, as it is now. */
  twin(): GatedDevice {
    const twin = new GatedDevice(this.url);
    twin.#show(this.#gate);
    return twin;
  }

  set(state: GateState): void {
    this.#show(JSON.stringify(state));
  }

  get state(): GateState {
    return JSON.parse(this.#gate) as GateState;
  }

  /** Whether an engine has taken notice of the gate as it is. */
  hasNoticed(): boolean {
    const noticed = join(this.#folder, 'noticed');
    return existsSync(noticed) && readFileSync(noticed, 'utf8') === this.#gate;
  }

  start(state: string): RunningEngine {
    const child = spawn(process.execPath, [program, 'run', join(this.#folder, '.devicerc.yml'), '--log', 'json'], {
      env: { PATH: process.env['PATH'], DEVICERC_STATE: state, GATE_FOLDER: this.#folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningEngine(child);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #show(gate: string): void {
    this.#gate = gate;
    writeFileSync(join(this.#folder, 'next'), gate);
    renameSync(join(this.#folder, 'next'), join(this.#folder, 'gate'));
  }
}

/** One process of the engine. */
class RunningEngine {
  #output = '';

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  get output(): string {
    return this.#output;
  }

  /** The openings whose message was accepted, as far as the log says. */
  get accepted(): readonly string[] {
    return [...this.#output.matchAll(/"accepted (\d+)"/g)].map(([, name]) => name!);
  }

  /** kill -9; resolves when it is gone and everything it wrote was read. */
  async kill(): Promise<void> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}
