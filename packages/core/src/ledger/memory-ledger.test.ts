import { expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { MemoryLedger } from './memory-ledger.js';

test('records live under a scope and a key, until they are removed', async () => {
  const ledger = new MemoryLedger(new VirtualClock());
  ledger.write('rule', 'a', { runs: [1, 2] });
  ledger.write('other', 'a', true);
  await ledger.commit();
  expect(ledger.read('rule', 'a')).toEqual({ runs: [1, 2] });
  ledger.remove('rule', 'a');
  expect(ledger.read('rule', 'a')).toBeUndefined();
  expect([...ledger.entries('rule')]).toEqual([]);
  expect([...ledger.entries('other')]).toEqual([['a', true]]);
});

test('what is written does not change with the object it was written from', () => {
  const ledger = new MemoryLedger(new VirtualClock());
  const runs = [1];
  ledger.write('rule', 'a', runs);
  runs.push(2);
  expect(ledger.read('rule', 'a')).toEqual([1]);
});

test('entries may be removed while they are gone through', () => {
  const ledger = new MemoryLedger(new VirtualClock());
  for (const key of ['a', 'b', 'c']) ledger.write('rule', key, 1);
  for (const key of ledger.entries('rule').keys()) ledger.remove('rule', key);
  expect(ledger.entries('rule').size).toBe(0);
});

test('device time goes with boottime, whatever the wall clock does', async () => {
  const clock = new VirtualClock({ boottime: 5000 });
  const ledger = new MemoryLedger(clock);
  clock.jumpWall(Duration.parse('14d'));
  await clock.advance(Duration.parse('1s'));
  expect(ledger.deviceTime()).toBe(6000);
});
