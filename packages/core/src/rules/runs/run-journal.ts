import type { RuleModel, StepModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import { fromTypedJson, toTypedJson } from '../../ledger/typed-json.js';
import { sizeOfValue } from '../../schemas/value-size.js';
import { HeldMemory } from '../byte-budget.js';
import { recordOfFiring, type Firing } from '../firing.js';
import type { MemoryShare } from '../rule-memory.js';
import { stagesOf } from '../stages.js';
import type { RunOutcome } from '../trace.js';
import { RunProgress, stepsAtWork } from './run-progress.js';
import type { RunFailure, RunPhase, RunRecord, RunRecords, RunValue } from './run-record.js';

/** The first writing of a run, or what another engine left of it. */
interface JournalStart {
  readonly id: string;
  readonly key: string;
  readonly firing: Firing;
  readonly restored: RunRecord | undefined;
  /** Whether it has to wait before its first step. */
  readonly waits: boolean;
}

/**
 * Keeps one run on record from its start to its end, so that it survives the engine. Without records (a rule whose runs are
 * not worth it) it only knows how far the run is.
 */
export class RunJournal {
  readonly progress: RunProgress;
  readonly outputs: Record<string, unknown>;
  readonly startedAt: number;
  private readonly ledger: Ledger;
  readonly #memory: HeldMemory;
  /** Number of the boot that the run belongs to; undefined for the present one. */
  readonly #boot: number | undefined;
  readonly #outputSizes = new Map<string, number>();
  /** The trigger and the outputs as they are on record. */
  readonly #written: { [Name in RunValue]?: unknown } = {};
  #phase: RunPhase;
  #outcome: RunOutcome | undefined;
  #failure: RunFailure | undefined;
  #isParked: boolean;
  #isPutOff: boolean;

  constructor(
    private readonly start: JournalStart,
    model: RuleModel,
    { ledger, memory }: { readonly ledger: Ledger; readonly memory: MemoryShare },
    private readonly records: RunRecords | undefined,
  ) {
    const { restored } = start;
    this.ledger = ledger;
    this.#memory = new HeldMemory(memory.outputs);
    this.outputs = {};
    for (const [name, json] of Object.entries(restored?.outputs ?? {})) this.#restoreOutput(name, fromTypedJson(json));
    this.startedAt = restored?.startedAt ?? ledger.deviceTime();
    this.#boot = restored?.boot ?? start.firing.boot;
    this.#phase = restored?.phase ?? 'steps';
    this.#outcome = restored?.outcome;
    this.#failure = restored?.failure;
    this.#isPutOff = restored?.putOff === true;
    this.#isParked = restored ? restored.parked === true : start.waits;
    const atWork = restored && !restored.parked ? stepsAtWork(stepsOf(restored, model), restored.progress) : [];
    this.progress = new RunProgress(restored?.progress ?? {}, atWork, () => this.#write());
    if (!restored) this.#write();
  }

  get isRecorded(): boolean {
    return this.records !== undefined;
  }

  /** Whether the machine was started again since the run, or the firing that had to wait for it, came. */
  get isOfFormerBoot(): boolean {
    return this.#boot !== undefined && this.#boot !== this.#presentBoot;
  }

  get #presentBoot(): number {
    return this.ledger.boots.at(-1)!.number;
  }

  /** Whether the machine was started again while the run waited for it to go down. */
  get tookMachineDown(): boolean {
    return this.isOfFormerBoot && Object.values(this.progress.steps).some(({ asked }) => asked);
  }

  get phase(): RunPhase {
    return this.#phase;
  }

  get outcome(): RunOutcome | undefined {
    return this.#outcome;
  }

  get failure(): RunFailure | undefined {
    return this.#failure;
  }

  /** Whether the machine would have been taken down, had nothing stood in the way for the moment. */
  get isPutOff(): boolean {
    return this.#isPutOff;
  }

  /**
   * Later steps read it under its name; on record with the end of its step.
   * @throws DeviceError `OUTPUTS_TOO_LARGE`
   */
  keepOutput(name: string, output: unknown): void {
    const size = sizeOfValue(output);
    if (!this.#memory.take(size, this.#outputSizes.get(name))) {
      throw coreError('OUTPUTS_TOO_LARGE', `There is no memory left to keep "${name}" for later steps.`);
    }
    this.#outputSizes.set(name, size);
    this.outputs[name] = output;
  }

  /** Nobody reads its outputs any more. */
  giveBack(): void {
    this.#memory.giveBack();
  }

  putOff(isPutOff: boolean): void {
    if (isPutOff === this.#isPutOff) return;
    this.#isPutOff = isPutOff;
    this.#write();
  }

  enter(phase: RunPhase, outcome: RunOutcome, failure?: RunFailure): void {
    this.#phase = phase;
    this.#outcome = outcome;
    this.#failure = failure ?? this.#failure;
    this.park();
  }

  /** What is at work may take a while to give up; an engine that comes in between does not go on with it. */
  abort(): void {
    if (this.#phase === 'steps' || this.#phase === 'catch') this.enter('aborted', 'aborted');
  }

  /** No step is at work: an engine that comes upon the run before an action is called goes on exactly here. */
  park(): void {
    // A step that was at work when a former engine ended stays so until it is told.
    this.#isParked = !this.progress.isInterrupted;
    this.#write();
  }

  /** An action is about to be called: an engine that comes upon the run from here on must not call it again. */
  call(): void {
    if (!this.#isParked) return;
    this.#isParked = false;
    this.#write();
  }

  end(): void {
    this.records?.remove(this.start.id);
  }

  #restoreOutput(name: string, output: unknown): void {
    const size = sizeOfValue(output);
    this.#memory.add(size);
    this.#outputSizes.set(name, size);
    this.outputs[name] = output;
  }

  #write(): void {
    if (!this.records) return;
    this.#writeValues(this.records);
    this.records.write(this.start.id, {
      key: this.start.key,
      firing: recordOfFiring({ ...this.start.firing, trigger: undefined }),
      boot: this.#boot ?? this.#presentBoot,
      startedAt: this.startedAt,
      phase: this.#phase,
      ...(this.#outcome && { outcome: this.#outcome }),
      ...(this.#failure && { failure: this.#failure }),
      values: Object.keys(this.#written) as RunValue[],
      progress: this.progress.steps,
      ...(this.#isPutOff && { putOff: true as const }),
      ...(this.#isParked && { parked: true as const }),
    });
  }

  /** They may be large, so each is written only when it is new. */
  #writeValues(records: RunRecords): void {
    const outputs = Object.entries(this.outputs).map(([name, value]) => [`output ${name}` as const, value] as const);
    for (const [name, value] of [['trigger', this.start.firing.trigger] as const, ...outputs]) {
      if (value === undefined || this.#written[name] === value) continue;
      this.#written[name] = value;
      records.writeValue(this.start.id, name, toTypedJson(value));
    }
  }
}

/** The steps of the phase that the run is in. */
function stepsOf({ phase, firing }: RunRecord, model: RuleModel): readonly StepModel[] {
  switch (phase) {
    case 'steps':
      return stagesOf(model)[firing.stage]!.steps;
    case 'catch':
      return model.catch;
    case 'lasting':
    case 'aborted':
      return [];
    case 'finally':
      return model.finally;
  }
}
