import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RealClock } from '../clock/real-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { SharedStreamHub } from '../streams/shared-stream-hub.js';
import { CatchUp } from './catch-up.js';
import { SimulatedLedger } from './simulated-ledger.fixture.js';

let clock: RealClock;
let catchUp: CatchUp;
beforeEach(() => {
  clock = new RealClock();
  const log = new RecordingLogger();
  catchUp = new CatchUp(clock, new SharedStreamHub(() => undefined, clock, log), new SimulatedLedger(clock), log);
});
afterEach(() => {
  catchUp.close();
  clock.dispose();
});

/** As a process does that is stopped in the middle of what it does. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test('who decides in the middle of what the process does learns that it stood still, before any timer fires', () => {
  const timer = catchUp.schedule(20_000, () => {}, 'time that counts');
  expect(catchUp.isOn()).toBe(false);
  standStill(2_500);
  expect(catchUp.isOn()).toBe(true);
  timer.cancel();
});

test('what was due, but had not fired when the process stood still, waits until all is read again', async () => {
  const happened: string[] = [];
  const subscription = catchUp.over.subscribe(() => happened.push('all is read again'));
  const other = catchUp.schedule(20_000, () => {}, 'time that counts');
  const fired = new Promise<void>((resolve) => {
    catchUp.schedule(
      300,
      () => {
        happened.push('fired');
        resolve();
      },
      'due',
    );
  });
  // Late by little, so that it waits for the event loop to turn; in between the process stands still.
  setImmediate(() => {
    standStill(400);
    setImmediate(() => setImmediate(() => standStill(2_500)));
  });
  await fired;
  expect(happened).toEqual(['all is read again', 'fired']);
  other.cancel();
  subscription.unsubscribe();
});
