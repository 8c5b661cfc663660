import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { duration, timestamp, z } from '../schemas/schema.js';
import { contentOf, LedgerMachine } from './ledger-machine.fixture.js';
import { LedgerStore, scopeOf } from './ledger-store.js';

const mount = z.object({ target: z.string(), since: timestamp(), lasted: duration() });
const row = { target: '/mnt/a', since: new Date('2026-11-28T10:00:00Z'), lasted: Duration.parse('90s') };

let machine: LedgerMachine;
beforeEach(() => {
  machine = new LedgerMachine();
  machine.open();
});
afterEach(() => machine.ledger.close());

/** As the plugin gets it from the engine that runs now. */
function store(plugin = 'storage'): LedgerStore {
  return new LedgerStore(machine.ledger, machine.log, (table) => scopeOf(plugin, table));
}

test.each(['restart', 'kill', 'cutPower'] as const)('rows come back with their types after a %s', async (end) => {
  const { rows, written } = { rows: 10, written: store() };
  written.table('mounts', { row: mount, rows }).write('usb', row);
  await written.commit();
  await machine[end]();
  const table = store().table('mounts', { row: mount, rows });
  expect(table.read('usb')).toEqual(row);
  expect([...table.entries()]).toEqual([['usb', row]]);
  expect(table.read('usb')!.lasted).toBeInstanceOf(Duration);
});

test('what was removed stays so', async () => {
  const table = store().table('mounts', { row: mount, rows: 10 });
  table.write('usb', row);
  table.remove('usb');
  table.remove('never there');
  await machine.restart();
  expect(store().table('mounts', { row: mount, rows: 10 }).entries().size).toBe(0);
});

test('plugins and tables do not see the rows of others', () => {
  const options = { row: z.number(), rows: 10 };
  const tables = [store().table('a', options), store().table('b', options), store('network').table('a', options)];
  for (const [index, table] of tables.entries()) table.write('key', index);
  expect(tables.map((table) => table.read('key'))).toEqual([0, 1, 2]);
  expect(Object.keys(contentOf(machine.ledger))).toHaveLength(3);
});

test('the row that was added first makes room, over restarts too; writing one again adds none', async () => {
  const table = store().table('counts', { row: z.number(), rows: 3 });
  for (const key of ['a', 'b', 'c']) table.write(key, 1);
  table.write('a', 2);
  table.write('d', 1);
  expect([...table.entries().keys()]).toEqual(['b', 'c', 'd']);
  await machine.restart();
  const next = store().table('counts', { row: z.number(), rows: 3 });
  next.write('e', 1);
  expect([...next.entries().keys()]).toEqual(['c', 'd', 'e']);
});

test('rows that are too many for a smaller table go with the next one', () => {
  const many = store().table('counts', { row: z.number(), rows: 5 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) many.write(key, 1);
  const few = store().table('counts', { row: z.number(), rows: 2 });
  few.write('f', 1);
  expect([...few.entries().keys()]).toEqual(['e', 'f']);
});

test('rows of a former version that do not fit any more are removed, and that is logged', () => {
  const former = store().table<unknown>('mounts', { row: z.unknown(), rows: 10 });
  former.write('old', { path: '/mnt/old' });
  former.write('usb', row);
  const table = store().table('mounts', { row: mount, rows: 10 });
  expect([...table.entries().keys()]).toEqual(['usb']);
  expect(former.read('old')).toBeUndefined();
  expect(machine.warnings).toEqual(['Rows of the table mounts that do not fit it any more were removed: 1.']);
});

describe('refuses', () => {
  test('a row that is larger than it may be, its key counted', () => {
    const table = store().table('notes', { row: z.string(), rows: 10, rowBytes: 20 });
    table.write('key', 'x'.repeat(15));
    expect(() => table.write('key', 'x'.repeat(16))).toThrow(expect.objectContaining({ code: 'STORE_ROW_TOO_LARGE' }));
    expect(() => table.write('k'.repeat(1_000), '')).toThrow(expect.objectContaining({ code: 'STORE_ROW_TOO_LARGE' }));
    expect([...table.entries()]).toEqual([['key', 'x'.repeat(15)]]);
  });

  test('a row that could not be read again', () => {
    const table = store().table('mounts', { row: mount, rows: 10 });
    expect(() => table.write('usb', { ...row, target: 7 } as never)).toThrow(
      expect.objectContaining({ code: 'STORE_ROW_INVALID' }),
    );
    expect(table.read('usb')).toBeUndefined();
  });

  test.each([
    ['no rows', 0, 10],
    ['half a row', 1.5, 10],
    ['more than 4 MiB', 5_000, 1_000],
  ])('a table of %s', (_what, rows, rowBytes) => {
    expect(() => store().table('a', { row: z.number(), rows, rowBytes })).toThrow(
      expect.objectContaining({ code: 'STORE_TABLE_INVALID' }),
    );
  });

  test('a table that is open with other rows; the same one may be asked for again', () => {
    const opened = store();
    const options = { row: z.number(), rows: 10 };
    expect(opened.table('a', options)).toBe(opened.table('a', options));
    expect(() => opened.table('a', { row: z.string(), rows: 10 })).toThrow(
      expect.objectContaining({ code: 'STORE_TABLE_INVALID' }),
    );
  });
});
