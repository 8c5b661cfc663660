import { BehaviorSubject, NEVER, type Subscription } from 'rxjs';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { FieldSet } from '../schemas/field-set.js';
import { z } from '../schemas/schema.js';
import { Lost, Partly, Stale } from '../streams/reading.js';
import { streamDescriptionOf, type EventStream, type StateStream } from '../streams/stream.js';

/** Follows a stream of a plugin as the engine does, and holds it to its contract. */
export class StreamProbe {
  /** Values and events so far, as they were emitted. */
  readonly values: unknown[] = [];
  /** How the contract was broken, in words. */
  readonly violations: string[] = [];
  /** Why the source is out of reach; undefined while it is there. */
  lost: string | undefined;
  readonly #subscription: Subscription;
  readonly #timersBefore: readonly string[];

  /**
   * @param stream an instance of a class that is marked with @stateStream or @eventStream
   * @param clock the clock that the stream was given: what it leaves behind there is found out
   * @param parameters as the file would give them
   * @throws DeviceError `CONTRACT_BROKEN` when the class is not marked, or does not take the parameters
   */
  constructor(
    stream: StateStream | EventStream,
    private readonly clock: VirtualClock,
    parameters: unknown = {},
  ) {
    const name = stream.constructor.name;
    const description = streamDescriptionOf(stream.constructor);
    if (!description) throw coreError('CONTRACT_BROKEN', `${name} is not marked with @stateStream or @eventStream.`);
    const parsed = (description.parameters ?? z.object({})).safeParse(parameters);
    if (!parsed.success)
      throw coreError('CONTRACT_BROKEN', `${description.name} does not take these parameters: ${parsed.error.message}`);
    const schema = typeof description.value === 'function' ? description.value(parsed.data) : description.value;
    this.#timersBefore = clock.pendingTimers;
    const source =
      description.kind === 'state'
        ? (stream as StateStream).open(parsed.data, new BehaviorSubject(FieldSet.all))
        : (stream as EventStream).open(parsed.data, NEVER);
    this.#subscription = source.subscribe({
      next: (emission) => this.#hear(emission, schema, description.name),
      error: (error: unknown) => (this.lost = error instanceof Error ? error.message : String(error)),
      complete: () => this.violations.push(`${description.name} ended by itself; a source lasts until it is left.`),
    });
  }

  /** Leaves the stream; nothing of it may stay behind. @returns how the contract was broken; empty when it was kept */
  close(): readonly string[] {
    const before = this.values.length;
    this.#subscription.unsubscribe();
    const left = this.clock.pendingTimers.filter((name) => !this.#timersBefore.includes(name));
    if (left.length > 0) this.violations.push(`after it was left, timers go on: ${left.join(', ')}.`);
    if (this.values.length > before) this.violations.push('it emitted while it was left.');
    return this.violations;
  }

  #hear(emission: unknown, schema: z.ZodType, name: string): void {
    this.lost = emission instanceof Lost ? emission.reason : undefined;
    if (emission instanceof Lost || emission instanceof Stale) return;
    const value = emission instanceof Partly ? emission.value : emission;
    this.values.push(value);
    const parsed = schema.safeParse(value);
    if (parsed.success) return;
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`);
    this.violations.push(`${name} emitted what its schema does not allow: ${faults.join('; ')}.`);
  }
}
