import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { ChildProcesses } from './child-processes.js';
import { LeftoverPrograms } from './leftover-programs.js';
import { PluginPrograms } from './plugin-programs.js';

let clock: VirtualClock;
let ledger: MemoryLedger;
let processes: ChildProcesses;
let programs: PluginPrograms;
beforeEach(() => {
  clock = new VirtualClock();
  ledger = new MemoryLedger(clock);
  processes = new ChildProcesses(clock, new ProcessHost(), ledger);
  programs = new PluginPrograms('storage', processes);
});
afterEach(() => processes.dispose());

/** Numbers of the processes that have a word of their own in their command line. */
function running(word: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(word));
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

test('gives back how a program ended, whatever its exit code', async () => {
  const script = 'echo out; echo err >&2; exit 2';
  expect(await programs.run({ command: ['sh', '-c', script] })).toEqual({
    code: 2,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
    truncated: false,
  });
});

test('gives back the output of one that has to succeed', async () => {
  expect(await programs.output({ command: ['printf', 'UUID=%s', '$(reboot)'] })).toBe('UUID=$(reboot)');
});

test('fails with the last line of the errors of one that has to', async () => {
  const script = 'echo first >&2; echo no such disk >&2; exit 32';
  await expect(programs.output({ command: ['sh', '-c', script] })).rejects.toMatchObject({
    code: 'PROGRAM_FAILED',
    message: 'sh ended with code 32: no such disk',
  });
});

test('says what could not be started', async () => {
  await expect(programs.run({ command: ['/no/such/program'] })).rejects.toMatchObject({
    code: 'PROGRAM_NOT_STARTED',
    message: '/no/such/program could not be started: spawn /no/such/program ENOENT',
  });
  expect(ledger.scopes()).toEqual([]);
});

test('keeps as much of the output as is asked for', async () => {
  const script = 'head -c 200000 /dev/zero | tr "\\0" a; printf end';
  const { stdout, truncated } = await programs.run({ command: ['sh', '-c', script], outputLimit: 10 });
  expect([stdout, truncated]).toEqual(['aaaaaaaend', true]);
});

test('ends the whole group at the deadline, not before', async () => {
  const word = 'programs-test-deadline';
  const script = `sh -c 'while :; do sleep 1; done' ${word} & wait`;
  const outcome = programs
    .run({ command: ['sh', '-c', script, 'parent'], timeout: Duration.parse('30s') })
    .catch((error: unknown) => error);
  await eventually(() => running(word).length > 0);
  await clock.advance(Duration.parse('29s'));
  expect(running(word)).not.toEqual([]);
  await clock.advance(Duration.parse('1s'));
  expect(await outcome).toMatchObject({
    code: 'PROGRAM_TIMEOUT',
    message: 'sh did not end within 30s.',
    isUncertain: true,
  });
  await eventually(() => running(word).length === 0);
  await clock.advance(Duration.parse('2s'));
  expect(clock.pendingTimers).toEqual([]);
});

test('one that ignores SIGTERM at its deadline gets SIGKILL', async () => {
  const word = 'programs-test-stubborn';
  // The word is seen only of the second program, which ignores the signal from its first moment.
  const script = `trap "" TERM; exec sh -c 'while :; do sleep 1; done' ${word}`;
  const outcome = programs
    .run({ command: ['sh', '-c', script], timeout: Duration.parse('30s') })
    .catch((error: unknown) => error);
  await eventually(() => running(word).length > 0);
  await clock.advance(Duration.parse('31s'));
  expect(running(word)).not.toEqual([]);
  await clock.advance(Duration.parse('1s'));
  expect(await outcome).toMatchObject({ code: 'PROGRAM_TIMEOUT' });
  expect(clock.pendingTimers).toEqual([]);
});

test('one that its plugin started by itself is ended by the next engine, and named as the plugin’s', async () => {
  const word = 'programs-test-leftover';
  const outcome = programs.run({ command: ['sh', '-c', 'while :; do sleep 1; done', word] });
  await eventually(() => running(word).length > 0 && JSON.stringify([...ledger.entries('programs')]).includes('pid'));
  const log = new RecordingLogger();
  const patience = clock.advance(Duration.parse('2s'));
  await Promise.all([new LeftoverPrograms(ledger, clock, new ProcessHost(), log).end(), patience]);
  expect(await outcome).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(log.lines).toMatchObject([
    { message: 'A program of storage outlived its engine and was ended.', fields: { plugin: 'storage' } },
  ]);
});
