import { expect, test } from '@jest/globals';
import { Duration } from '../../clock/duration.js';
import { VirtualClock } from '../../clock/virtual-clock.js';
import { RecordingLogger } from '../../diagnostics/recording-logger.fixture.js';
import { SimulatedDisk } from '../storage/simulated-disk.js';
import { Journal } from './journal.js';
import { recover } from './recovery.js';

test('a commit that could not even gather what was written is refused, and stands in the way of no later one', async () => {
  const folder = new SimulatedDisk().open();
  const clock = new VirtualClock();
  let fault: Error | undefined = new Error('out of order');
  const flush = (): void => {
    if (fault) throw fault;
  };
  const snapshot = () => ({ boots: { boot: { number: 1, startedAt: 0, seenFor: 0 } }, changes: [] });
  const journal = new Journal({ folder, clock, log: new RecordingLogger(), snapshot, flush }, recover(folder));
  journal.open();
  await expect(journal.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE', cause: fault });
  expect(journal.durability.durable).toBe(false);
  await expect(journal.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });

  fault = undefined;
  await journal.commit();
  expect(journal.durability).toEqual({ durable: true });
  await clock.advance(Duration.parse('1m'));
  expect(clock.pendingTimers).toEqual([]);
  journal.close();
});
