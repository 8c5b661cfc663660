import { Observable } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import type { Duration } from '../clock/duration.js';

/** Reads at once and then each `every` after the last reading came, as long as somebody is subscribed. */
export function repeatReading<Value>(
  clock: Clock,
  every: Duration,
  name: string,
  read: () => Value | Promise<Value>,
): Observable<Value> {
  return new Observable<Value>((subscriber) => {
    let timer: Timer | undefined;
    const readOnce = async (): Promise<void> => {
      try {
        subscriber.next(await read());
        if (!subscriber.closed) timer = clock.schedule(every.milliseconds, () => void readOnce(), name);
      } catch (error) {
        subscriber.error(error);
      }
    };
    void readOnce();
    return () => timer?.cancel();
  });
}
