import { crc32 } from 'node:zlib';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { BootRecord } from './boot-record.js';
import type { LedgerFolder } from './storage/ledger-folder.js';

const fileName = 'watched';
const interval = Duration.parse('20s').milliseconds;

/** A sign is always written over the whole of the one before. */
const signLength = 96;

/**
 * While somebody holds a watch, a small file says every 20 s of boottime how long this boot has been watched. It is written
 * in place and never synced: it has to outlive the process, not the power.
 */
export class SignsOfLife {
  #watches = 0;
  #signedAt = -Infinity;
  #timer: Timer | undefined;

  constructor(
    private readonly folder: LedgerFolder,
    private readonly clock: Clock,
    private readonly boot: Pick<BootRecord, 'number' | 'id'>,
  ) {}

  /** Milliseconds of boottime at the last sign of a boot; undefined when it left none. */
  static read(folder: LedgerFolder, boot: Pick<BootRecord, 'number' | 'id'>): number | undefined {
    const text = readText(folder);
    const boottime = Number(text.split(' ')[2]);
    return text === signOf(boot, boottime) ? boottime : undefined;
  }

  /** @returns ends the watch */
  hold(): () => void {
    if (this.#watches++ === 0) this.#signLater();
    let held = true;
    return () => {
      if (held && --this.#watches === 0) this.#stop();
      held = false;
    };
  }

  close(): void {
    this.#watches = Infinity;
    this.#stop();
  }

  #signLater(): void {
    const due = this.#signedAt + interval - this.clock.boottime();
    if (due <= 0) this.#sign();
    this.#timer = this.clock.schedule(due > 0 ? due : interval, () => this.#signLater(), 'sign of life');
  }

  #sign(): void {
    this.#signedAt = this.clock.boottime();
    try {
      this.folder.overwrite(fileName, Buffer.from(signOf(this.boot, Math.floor(this.#signedAt))));
    } catch {
      // A disk that fails is told where records are written; without a sign the time that nobody watched seems longer.
    }
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

function signOf({ number, id }: Pick<BootRecord, 'number' | 'id'>, boottime: number): string {
  const sign = `${number} ${id} ${boottime}`;
  return `${sign} ${crc32(sign).toString(16)}`.padEnd(signLength - 1).concat('\n');
}

function readText(folder: LedgerFolder): string {
  try {
    return folder.read(fileName)?.toString() ?? '';
  } catch {
    return '';
  }
}
