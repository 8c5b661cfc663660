import { Observable, Subject } from 'rxjs';
import type { GivenReading } from '../config/test-model.js';
import { lost, stale, type Lost, type Quality, type Stale } from '../streams/reading.js';
import { isPlain } from './sample-value.js';

interface PresentReading {
  readonly value: unknown;
  readonly quality: Quality;
}

/** What there is to be read on the simulated device, by the names that expressions use. It outlives every reboot. */
export class Readings {
  readonly #present = new Map<string, PresentReading>();
  readonly #changed = new Subject<string>();
  /** Fields that the device gives, whatever the test says. */
  readonly #own = new Map<string, Readonly<Record<string, unknown>>>();

  constructor(given: readonly GivenReading[]) {
    for (const { stream, value } of given) this.#present.set(stream, { value, quality: 'ok' });
  }

  /** From now on each value of the stream has these fields. */
  complete(stream: string, fields: Readonly<Record<string, unknown>>): void {
    this.#own.set(stream, fields);
  }

  set(stream: string, path: readonly string[], value: unknown): void {
    const merged = withValueAt(this.#present.get(stream)?.value, path, value);
    this.#change(stream, { value: merged, quality: 'ok' });
  }

  setQuality(stream: string, quality: Quality): void {
    this.#change(stream, { value: this.#present.get(stream)?.value, quality });
  }

  /**
   * What the source emits to one who begins to follow it, and then with each change.
   * @param name that expressions use for the stream
   */
  follow(name: string, stream: string): Observable<unknown> {
    return new Observable((follower) => {
      const tell = (): void =>
        emissionsOf(this.#present.get(name)).forEach((emission) =>
          follower.next(isPlain(emission) ? { ...emission, ...this.#own.get(stream) } : emission),
        );
      tell();
      return this.#changed.subscribe((changed) => changed === name && tell());
    });
  }

  #change(stream: string, reading: PresentReading): void {
    this.#present.set(stream, reading);
    this.#changed.next(stream);
  }
}

/** The fields of a stream that a test gives at its start. */
export function givenValues(
  { given }: { readonly given: readonly GivenReading[] },
  stream: string,
): Readonly<Record<string, unknown>> {
  const value = given.find((reading) => reading.stream === stream)?.value;
  return isPlain(value) ? value : {};
}

function emissionsOf(reading: PresentReading | undefined): readonly (unknown | Lost | Stale)[] {
  if (reading?.value === undefined) return [lost('the test gives no reading')];
  if (reading.quality === 'lost') return [lost('the test says so')];
  return reading.quality === 'ok' ? [reading.value] : [reading.value, stale('the test says so')];
}

function withValueAt(value: unknown, [field, ...rest]: readonly string[], part: unknown): unknown {
  if (field === undefined) return part;
  const fields = isPlain(value) ? value : {};
  return { ...fields, [field]: withValueAt(fields[field], rest, part) };
}
