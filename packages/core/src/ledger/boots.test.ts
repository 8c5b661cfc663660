import { afterEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../clock/virtual-clock.js';
import { Duration } from '../clock/duration.js';
import { LedgerMachine } from './ledger-machine.fixture.js';

const minute = 60_000;
const hour = 60 * minute;

let machine = new LedgerMachine();
afterEach(async () => {
  await machine.ledger.close();
  machine = new LedgerMachine();
});

describe('device time', () => {
  test('is the sum of the uptimes of all boots', async () => {
    machine.open();
    await machine.advance('2h');
    await machine.ledger.close();
    machine.boot();
    await machine.advance('30m');
    expect(machine.ledger.deviceTime()).toBe(2.5 * hour);
  });

  test('goes on from the last saved length after a power cut: late by at most an hour, never ahead', async () => {
    machine.open();
    await machine.advance('150m');
    const now = machine.cutPower().deviceTime();
    expect(now).toBeLessThanOrEqual(2.5 * hour);
    expect(now).toBeGreaterThanOrEqual(1.5 * hour);
  });

  test('is not before anything that was committed', async () => {
    machine.open();
    await machine.advance('47m');
    machine.ledger.write('rule', 'a', machine.ledger.deviceTime());
    await machine.ledger.commit();
    expect(machine.cutPower().deviceTime()).toBe(47 * minute);
  });

  test('is saved more and more rarely when nothing else is written, but every day', async () => {
    machine.open();
    const saves: number[] = [];
    for (let passed = 0; passed < 20 * 24; passed++) {
      const { bytesWritten } = machine.disk;
      await machine.advance('1h');
      if (machine.disk.bytesWritten > bytesWritten) saves.push(passed);
    }
    expect(saves.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const gaps = saves.slice(1).map((at, index) => at - saves[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(25);
    expect(saves.length).toBeLessThan(45);
  });

  test('does not step back when the next engine reads a coarser uptime', async () => {
    machine.open();
    await machine.advance('10m');
    await machine.ledger.close();
    machine.clock = new VirtualClock({ boottime: 10 * minute - 900 });
    expect(machine.open().deviceTime()).toBe(10 * minute);
  });

  test('counts another boot by the uptime where the machine shows no boot id', async () => {
    machine.open();
    await machine.advance('10m');
    await machine.ledger.close();
    machine.clock = new VirtualClock({ boottime: minute });
    machine.open();
    expect(machine.ledger.boots.map(({ number }) => number)).toEqual([1, 2]);
    expect(machine.ledger.deviceTime()).toBe(11 * minute);
  });
});

describe('boots', () => {
  test('are told with their number, length, and whether the engine was stopped in order', async () => {
    machine.open();
    await machine.advance('10m');
    await machine.ledger.close();
    machine.boot();
    await machine.advance('6m');
    machine.cutPower();
    await machine.advance('1m');
    expect(machine.ledger.boots).toEqual([
      { number: 1, id: 'boot-1', startedAt: 0, seenFor: 10 * minute, stopped: true },
      { number: 2, id: 'boot-2', startedAt: 10 * minute, seenFor: 5 * minute, stopped: false },
      { number: 3, id: 'boot-3', startedAt: 15 * minute, seenFor: minute, stopped: false },
    ]);
  });

  test('go on over a restart of the engine, which is not stopped any more', async () => {
    machine.open();
    await machine.advance('1m');
    await machine.restart();
    await machine.advance('1m');
    expect(machine.ledger.boots).toMatchObject([{ number: 1, seenFor: 2 * minute, stopped: false }]);
    expect(machine.cutPower().boots).toMatchObject([{ stopped: false }, { number: 2 }]);
  });

  test('that end before five minutes can be told from longer ones', async () => {
    machine.open();
    await machine.advance('4m');
    machine.cutPower();
    await machine.advance('5m');
    await machine.advance('11s');
    const [short, long] = machine.cutPower().boots;
    expect(short!.seenFor).toBeLessThan(5 * minute);
    expect(long!.seenFor).toBeGreaterThanOrEqual(5 * minute);
  });

  test('keep how they ended', async () => {
    await machine.open().commit();
    machine.cutPower().endBoot(1, { reason: 'requested', rule: 'watchdog', action: 'host.reboot' });
    await machine.ledger.commit();
    expect(machine.cutPower().boots[0]).toMatchObject({
      end: { reason: 'requested', rule: 'watchdog', action: 'host.reboot' },
    });
  });

  test('are remembered up to fifty', async () => {
    machine.open();
    for (let boot = 2; boot <= 60; boot++) {
      await machine.ledger.commit();
      machine.cutPower();
    }
    expect(machine.ledger.boots.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 11));
  });
});

describe('signs of life', () => {
  test('tell the next engine of the same boot how long this one watched, up to 20 s', async () => {
    machine.open();
    await machine.advance('1m');
    machine.ledger.keepWatch();
    await machine.advance('50s');
    await Promise.resolve();
    const seen = machine.kill().watchedUntil!;
    expect(seen).toBe(minute + 40_000);
  });

  test('are not written without a watch, nor after the last one was ended', async () => {
    machine.open();
    const ends = [machine.ledger.keepWatch(), machine.ledger.keepWatch()];
    await machine.advance('1m');
    for (const end of ends) end();
    ends[0]!();
    const { operations } = machine.disk;
    await machine.advance('2m');
    expect(machine.disk.operations).toBe(operations);
    expect(machine.clock.pendingTimers).not.toContain('sign of life');
  });

  test('are one small write each, in place and without a sync', async () => {
    machine.open();
    await machine.ledger.commit();
    machine.ledger.keepWatch();
    const { operations, syncs } = machine.disk;
    const size = machine.disk.file('watched')!.length;
    await machine.advance('2m');
    expect(machine.disk.operations).toBe(operations + 6);
    expect(machine.disk.syncs).toBe(syncs);
    expect(machine.disk.file('watched')!.length).toBe(size);
  });

  test('are exact after an orderly stop, and say nothing in another boot', async () => {
    machine.open();
    machine.ledger.keepWatch();
    await machine.advance('33s');
    expect((await machine.restart()).watchedUntil).toBe(33_000);
    expect(machine.cutPower().watchedUntil).toBeUndefined();
  });

  test('make the length of a boot that ended in a power cut more exact, where they survived', async () => {
    machine.open();
    machine.ledger.keepWatch();
    await machine.clock.advance(Duration.parse('4m'));
    const [former] = machine.cutPower({ unsynced: (bytes) => bytes }).boots;
    expect(former.seenFor).toBe(4 * minute);
  });
});
