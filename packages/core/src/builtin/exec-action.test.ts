import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, beforeEach, afterEach } from '@jest/globals';
import { actionDescriptionOf, type ActionContext } from '../actions/action.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { Duration } from '../clock/duration.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { ChildProcesses } from '../programs/child-processes.js';
import { PluginPrograms } from '../programs/plugin-programs.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ExecAction } from './exec-action.js';

describe('the action exec', () => {
  let clock: RealClock;
  let processes: ChildProcesses;
  let ledger: MemoryLedger;
  const host = Object.assign(new ProcessHost(), { variables: { ...process.env, DEVICERC_SECRET_HOOK: 'hidden' } });

  beforeEach(() => {
    clock = new RealClock();
    ledger = new MemoryLedger(clock);
    processes = new ChildProcesses(clock, host, ledger);
  });
  afterEach(async () => {
    await processes.dispose();
    clock.dispose();
  });

  function exec(written: Record<string, unknown>, signal = new AbortController().signal) {
    const input = actionDescriptionOf(ExecAction)!.input.parse(written);
    const context: ActionContext = {
      signal,
      log: new RecordingLogger(),
      rule: 'r',
      run: '1',
      attempt: 1,
      idempotencyKey: 'k',
      held: false,
    };
    return new ExecAction(new PluginPrograms('core', processes)).run(input as never, context);
  }

  /** The one program is on record with its process. */
  function started(): Promise<boolean> {
    return eventually(() => JSON.stringify([...ledger.entries('programs').values()]).includes('"process"'));
  }

  test('hands each argument on as it is, whatever a shell would read in it', async () => {
    const hostile = '$(reboot); `id` "quoted" && true\nline';
    expect(await exec({ command: ['printf', '%s|', hostile, 5] })).toMatchObject({ code: 0, stdout: `${hostile}|5|` });
  });

  test('passes variables, a working folder and standard input, and keeps its own secrets', async () => {
    const script = 'pwd; cat; printf "%s" "$LABEL${DEVICERC_SECRET_HOOK-none}"';
    const { stdout } = await exec({ command: ['sh', '-c', script], env: { LABEL: 'x$y' }, cwd: '/', stdin: 'in\n' });
    expect(stdout).toBe('/\nin\nx$ynone');
  });

  test('fails on a non-zero exit code with the last line of its errors', async () => {
    await expect(
      exec({ command: ['sh', '-c', 'echo first >&2; echo no such disk >&2; exit 3'] }),
    ).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      message: 'sh ended with code 3: no such disk',
    });
  });

  test('keeps a message short when the last line of the errors has no end', async () => {
    const script = 'head --bytes=60000 /dev/zero | tr "\\000" e >&2; exit 3';
    const failure = await exec({ command: ['sh', '-c', script] }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'EXEC_FAILED', message: expect.stringMatching(/^sh ended .* e{500}…$/) });
  });

  test('takes a listed exit code for success', async () => {
    expect(await exec({ command: ['sh', '-c', 'exit 3'], 'success-exit-status': [0, 3] })).toMatchObject({ code: 3 });
  });

  test.each([
    ['a program that is not there', { command: ['/no/such/program'] }, 'spawn /no/such/program ENOENT'],
    ['a name that is not on the PATH', { command: ['no-such-program'] }, 'spawn no-such-program ENOENT'],
    ['a file that is no program', { command: ['/etc/passwd'] }, 'spawn /etc/passwd EACCES'],
    ['a folder that is not there', { command: ['true'], cwd: '/no/such/folder' }, 'spawn true ENOENT'],
  ])('says what could not be started: %s', async (_what, call, reason) => {
    await expect(exec(call)).rejects.toMatchObject({
      code: 'EXEC_NOT_STARTED',
      message: `${call.command[0]} could not be started: ${reason}`,
    });
  });

  test('finds a program as the call itself says: below its folder, and on the PATH of its variables', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exec-'));
    writeFileSync(join(folder, 'hello'), '#!/bin/sh\necho "hello from $PWD"\n', { mode: 0o755 });
    const here = await exec({ command: ['./hello'], cwd: folder });
    const onPath = await exec({ command: ['hello'], env: { PATH: folder }, cwd: '/' });
    rmSync(folder, { recursive: true });
    expect([here.stdout, onPath.stdout]).toEqual([`hello from ${folder}\n`, 'hello from /\n']);
  });

  test('runs programs all the same where setpriv has no --pdeathsig, as the one of busybox', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exec-'));
    writeFileSync(join(folder, 'setpriv'), '#!/bin/sh\necho "unrecognized option" >&2\nexit 1\n', { mode: 0o755 });
    await processes.dispose();
    const PATH = `${folder}:${process.env['PATH']}`;
    const variables = { ...process.env, PATH };
    processes = new ChildProcesses(clock, Object.assign(new ProcessHost(), { variables }), new MemoryLedger(clock));
    const result = await exec({ command: ['echo', 'hi'] });
    rmSync(folder, { recursive: true });
    expect(result).toMatchObject({ code: 0, stdout: 'hi\n', stderr: '' });
  });

  test('gives each program an id of its own, whatever the call says', async () => {
    const call = { command: ['sh', '-c', 'printf "%s" "$DEVICERC_PROGRAM"'], env: { DEVICERC_PROGRAM: 'mine' } };
    const [one, other] = [await exec(call), await exec(call)];
    expect(one.stdout).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.stdout).not.toBe(one.stdout);
  });

  test('keeps the last 64 KiB of the output and says that there was more', async () => {
    const { stdout, truncated } = await exec({
      command: ['sh', '-c', 'head -c 200000 /dev/zero | tr "\\0" a; printf end'],
    });
    expect([stdout.length, stdout.slice(-5), truncated]).toEqual([65536, 'aaend', true]);
  });

  test('ends the whole process group when it is aborted', async () => {
    const abort = new AbortController();
    const child = exec(
      { command: ['sh', '-c', 'sleep 1000 & echo $!; wait'], 'success-exit-status': [0] },
      abort.signal,
    );
    await started();
    await clock.sleep(Duration.parse('200ms'), 'start of the program');
    abort.abort();
    await expect(child).rejects.toMatchObject({ code: 'EXEC_FAILED', message: expect.stringContaining('SIGTERM') });
  });

  test('ends those of the group that ignore it when it is aborted, and its first process is gone', async () => {
    const abort = new AbortController();
    const stubborn = 'trap "" TERM; echo $$ >&2; while :; do sleep 0.1; done';
    const child = exec({ command: ['sh', '-c', `sh -c '${stubborn}' & wait`] }, abort.signal);
    await started();
    await clock.sleep(Duration.parse('300ms'), 'start of the program');
    abort.abort();
    const { message } = (await child.catch((error: unknown) => error)) as Error;
    const pid = Number(/\d+$/.exec(message)![0]);
    expect(isRunning(pid)).toBe(true);
    await processes.dispose();
    await clock.sleep(Duration.parse('100ms'), 'end of the program');
    expect(isRunning(pid)).toBe(false);
  });

  test('leaves no program behind when its plugin ends', async () => {
    const child = exec({ command: ['sleep', '1000'] });
    await started();
    await clock.sleep(Duration.parse('100ms'), 'start of the program');
    await processes.dispose();
    await expect(child).rejects.toMatchObject({ message: expect.stringContaining('SIGKILL') });
  });

  test('does not wait for output of a program that went on in the background', async () => {
    const { stdout } = await exec({ command: ['sh', '-c', 'echo started; sleep 20 &'] });
    expect(stdout).toBe('started\n');
  });

  test('has a program on record for as long as it runs, and after an abort as long as its group does', async () => {
    const onRecord = (): number => ledger.entries('programs').size;
    await exec({ command: ['true'] });
    expect(onRecord()).toBe(0);
    const abort = new AbortController();
    const stubborn = exec({ command: ['sh', '-c', 'trap "" TERM; (sleep 1000; :) & trap - TERM; wait'] }, abort.signal);
    await eventually(() => onRecord() === 1);
    await started();
    await clock.sleep(Duration.parse('200ms'), 'start of the program');
    abort.abort();
    await stubborn.catch(() => undefined);
    expect(onRecord()).toBe(1);
    await eventually(() => onRecord() === 0);
    const last = exec({ command: ['sleep', '1000'] });
    await eventually(() => onRecord() === 1);
    await Promise.all([processes.dispose().then(() => expect(onRecord()).toBe(0)), last.catch(() => undefined)]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
