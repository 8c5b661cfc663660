import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ProcessHost } from '../host/process-host.js';
import { membersOf, type ProcessEntry, readProcess } from '../host/process-table.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { LeftoverPrograms } from './leftover-programs.js';
import { ProgramRecords } from './program-records.js';

const caller = { rule: 'keep', run: 'a1b2', idempotencyKey: 'a1b2:hold' };

let clock: RealClock;
let ledger: MemoryLedger;
let log: RecordingLogger;
let records: ProgramRecords;
let leftovers: LeftoverPrograms;
let child: ChildProcess;
beforeEach(() => {
  clock = new RealClock();
  ledger = new MemoryLedger(clock);
  log = new RecordingLogger();
  records = new ProgramRecords(ledger);
  leftovers = new LeftoverPrograms(ledger, clock, new ProcessHost(), log);
});
afterEach(() => {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // It has ended.
  }
  clock.dispose();
});

/** On record with the id that its environment has, or should have. */
function record(environment: Readonly<Record<string, string>>, change: Partial<ProcessEntry> = {}): number {
  const id = records.add(caller);
  const pid = start({ DEVICERC_PROGRAM: id, ...environment });
  records.started(id, caller, { ...readProcess('/proc', pid)!, ...change });
  return pid;
}

/** The leader of a group that leaves `sleep` in it and ends at a line of input. */
function start(environment: Readonly<Record<string, string>>): number {
  child = spawn('sh', ['-c', 'sleep 1000 & read line'], { env: { ...process.env, ...environment }, detached: true });
  return child.pid!;
}

async function endLeader(): Promise<void> {
  await eventually(() => membersOf(child.pid!, '/proc').length === 2);
  const ended = once(child, 'exit');
  child.stdin!.end('\n');
  await ended;
}

test('ends a group whose first process is the one on record', async () => {
  const pid = record({});
  await eventually(() => membersOf(pid, '/proc').length === 2);
  await leftovers.end();
  expect(membersOf(pid, '/proc')).toEqual([]);
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('running');
  expect(log.messages).toEqual(['A program of keep outlived its engine and was ended.']);
  expect(ledger.scopes()).toEqual([]);
});

test('ends what is left of a group whose first process is gone', async () => {
  const pid = record({});
  await endLeader();
  await leftovers.end();
  expect(membersOf(pid, '/proc')).toEqual([]);
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('remnants');
});

test('ends a program that had just been started when the kill came, and was not known yet', async () => {
  const pid = start({ DEVICERC_PROGRAM: records.add(caller) });
  await eventually(() => membersOf(pid, '/proc').length === 2);
  await leftovers.end();
  expect(membersOf(pid, '/proc')).toEqual([]);
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('running');
});

test('ends what such a program had started, when the kernel ended it with its engine', async () => {
  const pid = start({ DEVICERC_PROGRAM: records.add(caller) });
  await endLeader();
  await leftovers.end();
  expect(membersOf(pid, '/proc')).toEqual([]);
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('remnants');
});

test.each<[string, Readonly<Record<string, string>>, Partial<ProcessEntry>, boolean]>([
  ['whose first process started at another time', {}, { startedAt: 7 }, false],
  ['whose first process is gone, and which has another id', { DEVICERC_PROGRAM: 'other' }, {}, true],
])('leaves a group alone that has the number of a former one: %s', async (_what, environment, change, isLed) => {
  const pid = record(environment, change);
  await eventually(() => membersOf(pid, '/proc').length === 2);
  if (isLed) await endLeader();
  await leftovers.end();
  expect(membersOf(pid, '/proc').length).toBe(isLed ? 1 : 2);
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('gone');
});

test('leaves a group alone that is on record for another boot', async () => {
  const pid = start({ DEVICERC_PROGRAM: 'id' });
  const { startedAt } = readProcess('/proc', pid)!;
  ledger.write('programs', 'id', { ...caller, boot: 0, process: { pid, startedAt } });
  await leftovers.end();
  expect(child.exitCode ?? child.signalCode).toBeNull();
  expect(leftovers.fateOf(caller.idempotencyKey)).toBeUndefined();
  expect(ledger.scopes()).toEqual([]);
});

test('does not end the group of its own process', async () => {
  child = spawn('true');
  const own = readProcess('/proc', process.pid)!;
  const { startedAt = 0 } = readProcess('/proc', own.group) ?? {};
  records.started(records.add(caller), caller, { ...own, pid: own.group, startedAt });
  await leftovers.end();
  expect(leftovers.fateOf(caller.idempotencyKey)).toBe('gone');
});
