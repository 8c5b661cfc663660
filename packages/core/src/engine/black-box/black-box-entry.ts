import type { BootEnd } from '../../ledger/boot-record.js';

export type BlackBoxKind = 'event' | 'reading' | 'fired' | 'refused' | 'run' | 'step' | 'disruption' | 'log' | 'engine';

/** One line of the black box. All text is masked and bounded. */
export interface BlackBoxEntry {
  /** Boottime in milliseconds. */
  readonly at: number;
  readonly kind: BlackBoxKind;
  /** The stream, the rule or the part of the engine that it is about. */
  readonly source: string;
  readonly text: string;
  /** Entries of the same kind and source that were left out before this one, because there were too many. */
  readonly leftOut?: number;
}

/** The first line of a file: whose record it is, and how the boot before it ended. */
export interface BlackBoxHeader {
  /** Version of the format. */
  readonly blackBox: 1;
  /** Number and id of the boot, as the ledger has them. */
  readonly boot: number;
  readonly id: string;
  readonly former?: { readonly id: string; readonly end: BootEnd };
}
