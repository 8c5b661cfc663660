import { afterEach, expect, jest, test } from '@jest/globals';
import { contentOf, LedgerMachine } from './ledger-machine.fixture.js';

let machine = new LedgerMachine();
afterEach(async () => {
  jest.restoreAllMocks();
  await machine.ledger.close();
  machine = new LedgerMachine();
});

test.each([
  ['ENOSPC', 'the disk is full'],
  ['EROFS', 'the disk is read-only'],
  ['EIO', 'the disk fails (EIO)'],
] as const)(
  'a disk that fails with %s is told once, in words, and what rests on it is refused',
  async (fault, reason) => {
    const ledger = machine.open();
    await ledger.commit();
    machine.disk.fault = fault;
    for (let turn = 0; turn < 3; turn++) {
      ledger.write('rule', 'a', turn);
      await machine.advance('1m');
    }
    expect(ledger.read('rule', 'a')).toBe(2);
    expect(ledger.durability).toEqual({ durable: false, reason });
    await expect(ledger.commit()).rejects.toMatchObject({
      code: 'LEDGER_UNWRITABLE',
      message: `The durable record cannot be written: ${reason}.`,
    });
    expect(machine.warnings).toEqual([
      `The durable record cannot be written: ${reason}. Rules go on from memory; actions that reboot or shut down are refused until it can.`,
    ]);

    machine.disk.fault = undefined;
    await machine.advance('1m');
    expect(ledger.durability).toEqual({ durable: true });
    expect(machine.log.lines.at(-1)!.message).toMatch(
      /^The durable record can be written again: all of it was, \d+ bytes/,
    );
    expect(contentOf(machine.cutPower())).toEqual({ rule: { a: 2 } });
  },
);

test('a disk that fails is tried again after longer and longer pauses, up to a minute', async () => {
  const ledger = machine.open();
  await ledger.commit();
  machine.disk.fault = 'ENOSPC';
  ledger.write('rule', 'a', 1);
  await machine.advance('3m');
  const before = machine.disk.operations;
  await machine.advance('10m');
  // Each try is the write of a whole segment that fails; there is nothing to remove, or it is removed.
  expect(machine.disk.operations - before).toBeLessThanOrEqual(20);
  expect(machine.disk.operations).toBeGreaterThan(before);
});

test('a commit tries a disk that failed at once, and succeeds as soon as there is space', async () => {
  const ledger = machine.open();
  machine.disk.fault = 'ENOSPC';
  ledger.write('rule', 'a', 1);
  await expect(ledger.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
  machine.disk.fault = undefined;
  await ledger.commit();
  expect(contentOf(machine.cutPower())).toEqual({ rule: { a: 1 } });
});

test('a disk that fails while a commit is on its way is not taken for a good one', async () => {
  for (let moment = 0; moment < 12; moment++) {
    const ledger = machine.open();
    ledger.write('rule', 'a', 1);
    const commit = ledger.commit().catch(() => undefined);
    for (let microtask = 0; microtask < moment; microtask++) await Promise.resolve();
    machine.disk.space = 0;
    ledger.write('rule', 'b', 2);
    await commit;
    await machine.advance('10ms');
    const { durable } = ledger.durability;
    machine.disk.space = Infinity;
    await machine.advance('2m');
    const survivor = machine.kill();
    expect([moment, durable, contentOf(survivor)]).toEqual([moment, false, { rule: { a: 1, b: 2 } }]);
    await survivor.close();
    machine = new LedgerMachine();
  }
  machine.open();
});

test('a lack of memory is told like a disk that fails and passes like one, at whichever moment of a commit', async () => {
  for (let moment = 0; moment < 8; moment++) {
    const ledger = machine.open();
    await ledger.commit();
    const memory = jest.spyOn(Buffer, 'from').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    const commit = ledger.commit().catch(() => undefined);
    for (let microtask = 0; microtask < moment; microtask++) await Promise.resolve();
    ledger.write('rule', 'a', 1);
    await expect(ledger.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
    await commit;
    expect(ledger.durability).toEqual({ durable: false, reason: 'there is no memory for it' });
    memory.mockRestore();

    await machine.advance('1m');
    expect(ledger.durability).toEqual({ durable: true });
    ledger.write('rule', 'b', 2);
    await machine.advance('10s');
    const survivor = machine.cutPower();
    expect([moment, contentOf(survivor)]).toEqual([moment, { rule: { a: 1, b: 2 } }]);
    await survivor.close();
    machine = new LedgerMachine();
  }
  machine.open();
});

test('a disk that becomes full in the middle of a write keeps what was there before', async () => {
  const ledger = machine.open();
  ledger.write('rule', 'a', 1);
  await ledger.commit();
  machine.disk.space = 50;
  ledger.write('rule', 'b', 'x'.repeat(100));
  await Promise.resolve();
  expect(ledger.durability.durable).toBe(false);
  machine.disk.space = Infinity;
  expect(contentOf(machine.cutPower({ unsynced: (bytes) => bytes }))).toEqual({ rule: { a: 1 } });
});

test('an engine that starts on a disk that it cannot write knows what is there, and says what that means', async () => {
  machine.open().write('rule', 'a', 1);
  await machine.ledger.close();
  machine.disk.fault = 'EROFS';
  const ledger = machine.boot();
  expect(contentOf(ledger)).toEqual({ rule: { a: 1 } });
  expect(ledger.durability).toEqual({ durable: false, reason: 'the disk is read-only' });
  expect(machine.log.lines.filter(({ level }) => level === 'error')).toHaveLength(0);
  expect(machine.warnings).toHaveLength(1);
  machine.disk.fault = undefined;
  await machine.advance('2m');
  expect(ledger.durability).toEqual({ durable: true });
});
