import { afterEach, describe, expect, test } from '@jest/globals';
import { contentOf, LedgerMachine } from './ledger-machine.fixture.js';

let machine = new LedgerMachine();
afterEach(async () => {
  await machine.ledger.close();
  machine = new LedgerMachine();
});

describe('what is written', () => {
  test('is there after kill -9, without a commit', async () => {
    machine.open().write('rule', 'a', { since: 7 });
    await Promise.resolve();
    expect(contentOf(machine.kill())).toEqual({ rule: { a: { since: 7 } } });
    expect(machine.warnings).toEqual([]);
  });

  test('is there after a power cut once it was committed, and a removal too', async () => {
    const ledger = machine.open();
    ledger.write('rule', 'a', 1);
    ledger.write('rule', 'b', 2);
    await ledger.commit();
    ledger.remove('rule', 'a');
    await ledger.commit();
    expect(contentOf(machine.cutPower())).toEqual({ rule: { b: 2 } });
  });

  test('is lost by a power cut when nobody committed it, unless ten seconds passed', async () => {
    machine.open().write('rule', 'a', 1);
    await machine.advance('10s');
    machine.ledger.write('rule', 'b', 2);
    await machine.advance('9s');
    expect(contentOf(machine.cutPower())).toEqual({ rule: { a: 1 } });
  });

  test('to outlive the process alone costs no sync, is there after kill -9, and waits for the sync of something else', async () => {
    const ledger = machine.open();
    await ledger.commit();
    const { syncs } = machine.disk;
    ledger.write('programs', '7', 1, 'process');
    await machine.advance('1m');
    ledger.remove('programs', '7', 'process');
    ledger.write('programs', '8', 1, 'process');
    await machine.advance('1m');
    expect(machine.disk.syncs).toBe(syncs);
    expect(contentOf(machine.kill())).toEqual({ programs: { 8: 1 } });
    const next = machine.ledger;
    next.write('programs', '9', 1, 'process');
    next.write('rule', 'a', 1);
    await machine.advance('10s');
    expect(contentOf(machine.cutPower())).toEqual({ programs: { 8: 1, 9: 1 }, rule: { a: 1 } });
  });

  test('of one turn reaches the file in one piece, or not at all', async () => {
    const ledger = machine.open();
    await ledger.commit();
    const before = machine.disk.operations;
    ledger.write('rule', 'a', 1);
    ledger.write('rule', 'b', 2);
    ledger.remove('rule', 'a');
    await Promise.resolve();
    expect(machine.disk.operations).toBe(before + 1);
    for (let kept = 0; ; kept++) {
      const copy = new LedgerMachine();
      for (const name of machine.disk.names()) copy.disk.put(name, machine.disk.file(name)!);
      const file = machine.disk.file('ledger.1')!;
      if (kept === 40) break;
      copy.disk.put('ledger.1', file.subarray(0, file.length - kept));
      expect(contentOf(copy.open())).toEqual(kept === 0 ? { rule: { b: 2 } } : {});
      await copy.ledger.close();
    }
  });

  test('equal to what is there is not written', async () => {
    const ledger = machine.open();
    ledger.write('rule', 'a', { since: 7, fired: [1] });
    await ledger.commit();
    const { operations } = machine.disk;
    ledger.write('rule', 'a', { since: 7, fired: [1] });
    ledger.remove('rule', 'b');
    await ledger.commit();
    await machine.advance('30s');
    expect(machine.disk.operations).toBe(operations);
  });

  test('of one turn that removes a record and writes it again is there in the order of the writes', async () => {
    const ledger = machine.open();
    ledger.write('rule', 'a', 1);
    ledger.write('rule', 'b', 1);
    await ledger.commit();
    ledger.remove('rule', 'a');
    ledger.write('rule', 'a', 2);
    await ledger.commit();
    const present = [...ledger.entries('rule')];
    expect(present).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    expect([...machine.cutPower().entries('rule')]).toEqual(present);
  });

  test('does not change with the object it was written from', () => {
    const ledger = machine.open();
    const runs = [1];
    ledger.write('rule', 'a', runs);
    runs.push(2);
    expect(ledger.read('rule', 'a')).toEqual([1]);
  });

  test('is parsed once, however often it is read before it changes', () => {
    const ledger = machine.open();
    ledger.write('rule', 'a', { since: 7 });
    const read = ledger.read('rule', 'a');
    ledger.write('rule', 'a', { since: 7 });
    expect(ledger.read('rule', 'a')).toBe(read);
    expect(ledger.entries('rule').get('a')).toBe(read);
  });

  test('is what the next look finds, and leaves alone what was read before', () => {
    const ledger = machine.open();
    ledger.write('rule', 'a', { since: 7 });
    const before = ledger.read('rule', 'a');
    ledger.write('rule', 'a', { since: 8 });
    expect([before, ledger.read('rule', 'a')]).toEqual([{ since: 7 }, { since: 8 }]);
    ledger.remove('rule', 'a');
    expect(ledger.read('rule', 'a')).toBeUndefined();
    ledger.write('rule', 'a', { since: 9 });
    expect([...ledger.entries('rule')]).toEqual([['a', { since: 9 }]]);
  });
});

test('commits that overlap share one sync', async () => {
  const ledger = machine.open();
  await ledger.commit();
  const { syncs } = machine.disk;
  const commits = Array.from({ length: 50 }, (_, index) => {
    ledger.write('rule', `key ${index}`, index);
    return ledger.commit();
  });
  await Promise.all(commits);
  expect(machine.disk.syncs).toBe(syncs + 1);
  expect(machine.cutPower().entries('rule').size).toBe(50);
});

test.each([
  ['another commit', false],
  ['one that waits for another', true],
])('a commit covers what was written before it, at whichever moment of %s it is asked for', async (_name, waits) => {
  for (let moment = 0; moment < 24; moment++) {
    const ledger = machine.open();
    ledger.write('rule', 'a', 1);
    const commits = [ledger.commit()];
    if (waits) {
      await microtasks(1);
      ledger.write('rule', 'a', 1.5);
      commits.push(ledger.commit());
    }
    await microtasks(moment);
    ledger.write('rule', 'b', 2);
    await ledger.commit();
    const survivor = machine.cutPower();
    expect([moment, contentOf(survivor)]).toEqual([moment, { rule: { a: waits ? 1.5 : 1, b: 2 } }]);
    await Promise.all(commits);
    await survivor.close();
    machine = new LedgerMachine();
  }
  machine.open();
});

test('a second engine does not get the folder while the first one has it', () => {
  machine.open();
  expect(() => machine.disk.open()).toThrow('EWOULDBLOCK');
});

test('a ledger that is written for years stays small, and loses nothing of what was committed', async () => {
  const ledger = machine.open();
  for (let turn = 0; turn < 5_000; turn++) {
    ledger.write('rule', `key ${turn % 20}`, { turn, text: 'x'.repeat(200) });
    if (turn % 10 === 0) await ledger.commit();
    else await Promise.resolve();
  }
  await ledger.commit();
  expect(machine.disk.names().filter((name) => name.startsWith('ledger.'))).toHaveLength(1);
  const size = machine.disk.names().reduce((sum, name) => sum + machine.disk.file(name)!.length, 0);
  expect(size).toBeLessThan(300_000);
  expect(machine.cutPower().read('rule', 'key 19')).toMatchObject({ turn: 4_999 });
});

async function microtasks(count: number): Promise<void> {
  for (let microtask = 0; microtask < count; microtask++) await Promise.resolve();
}
