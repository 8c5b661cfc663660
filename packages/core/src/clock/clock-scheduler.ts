import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import type { Clock, Timer } from './clock.js';

/**
 * The scheduler to pass to every temporal operator of RxJS (`debounceTime`, `timer`, `delay`, …), so that it runs on the
 * injected clock. Its `now()` is boottime in milliseconds, so absolute Dates cannot be given to operators.
 */
export function clockScheduler(clock: Clock): SchedulerLike {
  return {
    now: () => clock.boottime(),
    schedule: <State>(
      work: (this: SchedulerAction<State>, state: State) => void,
      delay = 0,
      state?: State,
    ): Subscription => new ClockAction(clock, work).schedule(state, delay),
  };
}

class ClockAction<State> extends Subscription implements SchedulerAction<State> {
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly work: (this: SchedulerAction<State>, state: State) => void,
  ) {
    super();
    this.add(() => this.#timer?.cancel());
  }

  schedule(state?: State, delay = 0): Subscription {
    if (this.closed) return this;
    this.#timer?.cancel();
    this.#timer = this.clock.schedule(delay, () => this.#execute(state as State), 'rxjs scheduler');
    return this;
  }

  #execute(state: State): void {
    try {
      this.work.call(this, state);
    } catch (error) {
      this.unsubscribe();
      throw error;
    }
  }
}
