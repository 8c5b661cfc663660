import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@devicerc/core';
import { EngineLife, type EngineLifeOptions } from './engine-life.fixture.js';
import { holdRules, soakRules } from './soak-rules.fixture.js';

export interface SoakedDeviceOptions {
  readonly clock: Clock;
  readonly busAddress: string;
  readonly hook: string;
  readonly levelFor: string;
  readonly onLine: EngineLifeOptions['onLine'];
}

/** The folder of a device with the rules of the soak, and one engine after the other on it. */
export class SoakedDevice {
  #edition = 0;

  private constructor(
    private readonly folder: string,
    private readonly options: SoakedDeviceOptions,
  ) {}

  static async create(options: SoakedDeviceOptions): Promise<SoakedDevice> {
    const device = new SoakedDevice(await mkdtemp(join(tmpdir(), 'devicerc-soak-')), options);
    await mkdir(device.#programs);
    // A name of its own for each rule and device makes its process known among all of the machine.
    for (const rule of holdRules) await copyFile('/bin/sleep', device.#program(rule));
    await device.writeRules(false);
    return device;
  }

  start(): EngineLife {
    const { busAddress, clock, onLine } = this.options;
    return EngineLife.start({
      folder: this.folder,
      variables: { DBUS_SYSTEM_BUS_ADDRESS: busAddress },
      clock,
      onLine,
    });
  }

  /** Replaces the file at once, as an update does. */
  async writeRules(isBroken: boolean): Promise<void> {
    this.#edition += 1;
    const { hook, levelFor } = this.options;
    const holdProgram = (rule: string): string => this.#program(rule);
    const next = join(this.folder, 'next');
    await writeFile(next, soakRules({ hook, levelFor, holdProgram, edition: this.#edition, isBroken }));
    await rename(next, join(this.folder, '.devicerc.yml'));
  }

  /** How many copies of the program that a rule holds are running. */
  async copies(rule: string): Promise<number> {
    return (await this.#heldProcesses()).filter(({ program }) => program === this.#program(rule)).length;
  }

  /** Bytes of the ledger on the disk. */
  async ledgerSize(): Promise<number> {
    const state = join(this.folder, 'state');
    const names = (await readdir(state)).filter((name) => name.startsWith('ledger.'));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(state, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async remove(): Promise<void> {
    for (const { pid } of await this.#heldProcesses()) process.kill(pid, 'SIGKILL');
    await rm(this.folder, { recursive: true });
  }

  get #programs(): string {
    return join(this.folder, 'programs');
  }

  #program(rule: string): string {
    return join(this.#programs, rule);
  }

  async #heldProcesses(): Promise<{ pid: number; program: string }[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const all = await Promise.all(pids.map(async (pid) => ({ pid, program: await programOf(pid) })));
    return all.filter(({ program }) => program.startsWith(`${this.#programs}/`));
  }
}

/** The first word of the command line (proc_pid_cmdline(5)); empty for what has ended meanwhile. */
async function programOf(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.slice(0, command.indexOf('\0'));
}
