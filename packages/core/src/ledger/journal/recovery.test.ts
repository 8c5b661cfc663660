import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileLedger } from '../file-ledger.js';
import { contentOf, LedgerMachine } from '../ledger-machine.fixture.js';
import { encodeFrame, type Frame } from './frame.js';
import { recover } from './recovery.js';
import { encodeHeader } from './segment.js';

const name = 'ledger.1';
const scale = process.env['DEVICERC_PROVE'] ? 100 : 1;

/** A ledger whose records 0 to 9 were committed one after the other. */
async function tenCommits(): Promise<Buffer> {
  const machine = new LedgerMachine();
  const ledger = machine.open();
  for (let turn = 0; turn < 10; turn++) {
    ledger.write('rule', `key ${turn}`, { turn });
    await ledger.commit();
  }
  machine.disk.kill();
  return machine.disk.file(name)!;
}

/** Starts an engine on a disk with this file, in the boot after. */
function openOn(bytes: Buffer): LedgerMachine {
  const machine = new LedgerMachine();
  machine.disk.put(name, bytes);
  machine.boot();
  return machine;
}

/** The numbers of the records that are there. */
function turnsOf({ ledger }: LedgerMachine): readonly number[] {
  return Object.values(contentOf(ledger)['rule'] ?? {}).map((value) => (value as { turn: number }).turn);
}

test('a ledger that was cut at any length keeps its beginning, says what it lost, and can be written', async () => {
  const file = await tenCommits();
  let most = 0;
  for (let length = 0; length <= file.length; length++) {
    const machine = openOn(file.subarray(0, length));
    const turns = turnsOf(machine);
    expect(turns).toEqual(Array.from(turns, (_turn, index) => index));
    expect(turns.length).toBeGreaterThanOrEqual(most);
    most = turns.length;
    expect(machine.ledger.durability).toEqual({ durable: true });
    const said = machine.warnings.join();
    if (said !== '') expect(said).toMatch(/^The end of the ledger was cut off, as by a power cut: \d+ bytes are lost/);
    await machine.ledger.close();
  }
  expect(most).toBe(10);
});

test('a bit that flips costs the turn that it is in, and no other one that is known to be safe', async () => {
  const file = await tenCommits();
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (place, bit) => {
      const damaged = Buffer.from(file);
      damaged[place]! ^= 1 << bit;
      const machine = openOn(damaged);
      const turns = turnsOf(machine);
      expect(turns.length).toBeGreaterThanOrEqual(9);
      // Of the last commit nothing in the file knows that it was one.
      const saidIt = machine.warnings.some((line) =>
        /ledger was damaged on the disk: \d+ bytes|was cut off/.test(line),
      );
      expect(saidIt).toBe(true);
      await machine.ledger.close();
    }),
    { numRuns: 60 * scale },
  );
});

test('device time goes on after the frame with the boots was damaged', async () => {
  const machine = new LedgerMachine();
  machine.open();
  await machine.advance('3h');
  machine.ledger.write('rule', 'a', 1);
  await machine.ledger.commit();
  machine.ledger.write('rule', 'b', 1);
  await machine.ledger.commit();
  const damaged = Buffer.from(machine.disk.file(name)!);
  damaged[60]! ^= 1;
  const after = openOn(damaged);
  expect(after.ledger.deviceTime()).toBe(3 * 3_600_000);
  expect(after.ledger.boots.map(({ number }) => number)).toEqual([1, 2]);
  await after.ledger.close();
  await machine.ledger.close();
});

test('a turn that a power cut tore takes those after it along, so that none survives an earlier one', async () => {
  const machine = new LedgerMachine();
  const ledger = machine.open();
  await ledger.commit();
  const start = machine.disk.file(name)!.length;
  for (const key of ['a', 'b', 'c']) {
    ledger.write('rule', key, 1);
    await Promise.resolve();
  }
  machine.disk.kill();
  const torn = Buffer.from(machine.disk.file(name)!);
  torn.fill(0, start + 20, start + 30);
  const after = openOn(torn);
  expect(contentOf(after.ledger)).toEqual({});
  await after.ledger.close();
  await ledger.close();
});

test('random bytes in place of the ledger start an empty one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
      const machine = openOn(Buffer.from(bytes));
      expect(contentOf(machine.ledger)).toEqual({});
      expect(machine.warnings.length).toBe(bytes.length > 0 ? 1 : 0);
      machine.ledger.write('rule', 'a', 1);
      await machine.ledger.commit();
      expect(contentOf(machine.cutPower())).toEqual({ rule: { a: 1 } });
      await machine.ledger.close();
    }),
    { numRuns: 50 * scale },
  );
});

describe('a ledger of another format', () => {
  const frame: Frame = {
    boot: { number: 1, startedAt: 0, seenFor: 5 },
    boots: [{ number: 1, id: 'boot-1', startedAt: 0, seenFor: 5, stopped: false }],
    changes: [['rule', 'a', 1]],
  };

  test('is refused when a newer engine wrote it, and stays as it is', () => {
    const machine = new LedgerMachine();
    const bytes = Buffer.concat([encodeHeader(7), encodeFrame(JSON.stringify(frame), 0)]);
    machine.disk.put(name, bytes);
    const message = expect.stringContaining('format 7, which a newer engine wrote; this one knows 1');
    const unknown = expect.objectContaining({ code: 'LEDGER_FORMAT_UNKNOWN', message });
    expect(() => machine.open()).toThrow(unknown);
    expect(machine.disk.file(name)).toBe(bytes);
    expect(machine.disk.operations).toBe(0);
  });

  test('is taken over step by step when an older engine wrote it, and written anew', () => {
    const machine = new LedgerMachine();
    const old = { ...frame, changes: [{ scope: 'rule', key: 'a', text: '1' }] };
    machine.disk.put(name, Buffer.concat([encodeHeader(1), encodeFrame(JSON.stringify(old), 0)]));
    const recovery = recover(
      machine.disk.open(),
      3,
      new Map([
        [
          1,
          (each) => ({
            ...(each as typeof old),
            changes: (each as typeof old).changes.map(({ scope, key, text }) => [scope, key, text]),
          }),
        ],
        [
          2,
          (each) => ({
            ...(each as Frame),
            changes: (each as Frame).changes!.map(([scope, key, text]) => [scope, key, Number(text)]),
          }),
        ],
      ]),
    );
    expect(recovery.frames).toEqual([frame]);
    expect(recovery.usable).toBeUndefined();
  });

  test('is refused when it is older than what is read', () => {
    const machine = new LedgerMachine();
    machine.disk.put(name, Buffer.concat([encodeHeader(1), encodeFrame(JSON.stringify(frame), 0)]));
    expect(() => recover(machine.disk.open(), 3, new Map())).toThrow('format 1, which is not read any more');
  });

  test('is not what a flipped bit in the header makes of it', () => {
    const machine = new LedgerMachine();
    const header = Buffer.from(encodeHeader(1).toString().replace('ledger 1', 'ledger 3'));
    machine.disk.put(name, Buffer.concat([header, encodeFrame(JSON.stringify(frame), 0)]));
    expect(contentOf(FileLedger.open({ ...machine, folder: machine.disk.open(), bootId: 'boot-1' }))).toEqual({
      rule: { a: 1 },
    });
  });
});

test('a file that the disk does not give any more is told, and the engine starts', async () => {
  const machine = new LedgerMachine();
  machine.disk.put(name, await tenCommits());
  const folder = machine.disk.open();
  folder.read = () => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  const ledger = FileLedger.open({ ...machine, folder, bootId: 'boot-1' });
  expect(contentOf(ledger)).toEqual({});
  expect(machine.warnings).toEqual(['The disk does not give files of the ledger: ledger.1 (EIO).']);
  await ledger.close();
});
