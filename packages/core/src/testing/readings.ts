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

  constructor(given: readonly GivenReading[]) {
    for (const { stream, value } of given) this.#present.set(stream, { value, quality: 'ok' });
  }

  set(stream: string, path: readonly string[], value: unknown): void {
    const merged = withValueAt(this.#present.get(stream)?.value, path, value);
    this.#change(stream, { value: merged, quality: 'ok' });
  }

  setQuality(stream: string, quality: Quality): void {
    this.#change(stream, { value: this.#present.get(stream)?.value, quality });
  }

  /** What the source emits to one who begins to follow it, and then with each change. */
  follow(stream: string): Observable<unknown> {
    return new Observable((follower) => {
      const tell = (): void => emissionsOf(this.#present.get(stream)).forEach((emission) => follower.next(emission));
      tell();
      return this.#changed.subscribe((changed) => changed === stream && tell());
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
