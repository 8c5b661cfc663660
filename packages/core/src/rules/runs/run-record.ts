import type { JsonValue, Ledger } from '../../ledger/ledger.js';
import type { FiringRecord } from '../firing.js';
import { ruleScope, type RuleIdentity } from '../rule-scope.js';
import type { RunOutcome } from '../trace.js';
import type { StepProgress } from './run-progress.js';

/** What a run is about: its steps, `catch`, its life until an `until` event, giving up after an abort, or `finally`. */
export type RunPhase = 'steps' | 'catch' | 'lasting' | 'aborted' | 'finally';

/** A failure as `error` in `catch` shows it. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly step: string;
}

/** A run that is not over. Times are device time in milliseconds. */
export interface RunRecord {
  /** Of its instance. */
  readonly key: string;
  readonly firing: FiringRecord;
  /** Number of the boot in which the run began, or in which its firing came, if that had to wait. */
  readonly boot: number;
  readonly startedAt: number;
  readonly phase: RunPhase;
  /** What the steps came to, once they are over. */
  readonly outcome?: RunOutcome;
  readonly failure?: RunFailure;
  /** Outputs by their name under `as`, as typed JSON. */
  readonly outputs: { readonly [name: string]: JsonValue };
  /** By the path of the step. */
  readonly progress: { readonly [path: string]: StepProgress };
  /** The reboot or shutdown that it came to last was refused for a reason that passes. */
  readonly putOff?: true;
  /** No step is at work: set while a run waits for its first one and by an orderly stop, until an action is called. */
  readonly parked?: true;
}

/** How far a run is: all of its record but what may be large and is written once, each under a key of its own. */
interface RunStanding extends Omit<RunRecord, 'firing' | 'outputs'> {
  readonly firing: Omit<FiringRecord, 'trigger'>;
  readonly values: readonly RunValue[];
}

/** What started the run, or one of its outputs. */
export type RunValue = 'trigger' | `output ${string}`;

/** The runs of one rule that are on record, by their id. What is written in one turn reaches the ledger together. */
export class RunRecords {
  readonly #runs: string;
  readonly #values: string;

  constructor(
    private readonly ledger: Ledger,
    rule: RuleIdentity,
  ) {
    this.#runs = ruleScope('runs', rule);
    this.#values = ruleScope('values', rule);
  }

  /** A run of which damage to the disk took a value cannot go on, and is forgotten. */
  all(): readonly (readonly [id: string, record: RunRecord])[] {
    const values = this.ledger.entries(this.#values);
    const runs = new Map<string, RunRecord>();
    for (const [id, record] of this.ledger.entries(this.#runs)) {
      const run = runOf(id, record as unknown as RunStanding | RunRecord, values);
      if (run) runs.set(id, run);
      else this.remove(id);
    }
    for (const place of values.keys()) if (!runs.has(idOf(place))) this.ledger.remove(this.#values, place);
    return [...runs];
  }

  write(id: string, standing: RunStanding): void {
    this.ledger.write(this.#runs, id, standing as unknown as JsonValue);
  }

  writeValue(id: string, name: RunValue, value: JsonValue): void {
    this.ledger.write(this.#values, placeOf(id, name), value);
  }

  remove(id: string): void {
    const standing = this.ledger.read(this.#runs, id) as unknown as Partial<RunStanding> | undefined;
    for (const name of standing?.values ?? []) this.ledger.remove(this.#values, placeOf(id, name));
    if (standing) this.ledger.remove(this.#runs, id);
  }
}

function placeOf(id: string, name: RunValue): string {
  return `${id} ${name}`;
}

function idOf(place: string): string {
  return place.slice(0, place.indexOf(' '));
}

/** Former releases kept each run as one record, with its trigger and outputs in it; it is written anew when the run goes on. */
function runOf(
  id: string,
  record: RunStanding | RunRecord,
  entries: ReadonlyMap<string, JsonValue>,
): RunRecord | undefined {
  if (!('values' in record)) return record;
  const { values, firing, ...standing } = record;
  if (!values.every((name) => entries.has(placeOf(id, name)))) return undefined;
  const trigger = entries.get(placeOf(id, 'trigger'));
  const outputs = values
    .filter((name) => name !== 'trigger')
    .map((name) => [name.slice('output '.length), entries.get(placeOf(id, name))!] as const);
  return {
    ...standing,
    firing: { ...firing, ...(trigger !== undefined && { trigger }) },
    outputs: Object.fromEntries(outputs),
  };
}
