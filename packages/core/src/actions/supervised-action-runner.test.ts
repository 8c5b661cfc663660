import { beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { errorsOf } from '../diagnostics/device-error.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { z } from '../schemas/schema.js';
import type { ActionCall, RetryPolicy } from './action-runner.js';
import type { ActionContext, ActionDescription, Effect } from './action.js';
import { SupervisedActionRunner } from './supervised-action-runner.js';

let clock: VirtualClock;
let log: RecordingLogger;
let attempts: { at: number; input: unknown; context: ActionContext }[];
let abort: AbortController;

beforeEach(() => {
  clock = new VirtualClock();
  log = new RecordingLogger();
  attempts = [];
  abort = new AbortController();
});

type Work = (attempt: number, signal: AbortSignal) => Promise<unknown>;

function runnerOf(work: Work, effects: readonly Effect[] = []): SupervisedActionRunner {
  const input = z.object({ unit: z.string(), options: z.object({ force: z.boolean() }).optional() });
  const description: ActionDescription = { name: 'restart', summary: '', effects, input };
  const instance = {
    run: (given: unknown, context: ActionContext) => {
      attempts.push({ at: clock.boottime(), input: given, context });
      return work(attempts.length, context.signal);
    },
  };
  const resolve = (name: string) => (name === 'restart' ? { description, instance, plugin: 'systemd' } : undefined);
  return new SupervisedActionRunner(resolve, clock, log, () => 0.5);
}

function callOf(extra: Partial<ActionCall> = {}): ActionCall {
  const base = { action: 'restart', input: { unit: 'a' }, rule: 'mend', run: '7', step: 'then[0]' };
  return { ...base, signal: abort.signal, ...extra };
}

/** The code the run ends with and when, or its output. */
function outcomeOf(run: Promise<unknown>): { value?: unknown; at?: number } {
  const outcome: { value?: unknown; at?: number } = {};
  const settle = (value: unknown): void => void Object.assign(outcome, { value, at: clock.boottime() });
  run.then(settle, (error: { code: string }) => settle(error.code));
  return outcome;
}

const never: Work = () => new Promise(() => undefined);
const untilAborted: Work = (_attempt, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told to end'))));
const fails: Work = () => Promise.reject(new Error('bus is busy'));

const retry = (policy: Partial<RetryPolicy>): RetryPolicy => ({
  attempts: 3,
  delay: Duration.parse('1s'),
  factor: 2,
  maxDelay: Duration.parse('1h'),
  jitter: 0,
  ...policy,
});

test('gives the parsed input to the action and its output back', async () => {
  await expect(runnerOf(() => Promise.resolve('done')).run(callOf())).resolves.toBe('done');
  expect(attempts[0]).toMatchObject({ input: { unit: 'a' }, context: { rule: 'mend', run: '7', attempt: 1 } });
  expect(clock.pendingTimers).toEqual([]);
});

test.each([
  ['held by a rule', { held: true }, true],
  ['called by a step', {}, false],
])('an action knows whether it is %s', async (_how, call, held) => {
  await runnerOf(() => Promise.resolve()).run(callOf(call));
  expect(attempts.map(({ context }) => context.held)).toEqual([held]);
});

test('an input that the schema refuses names each field and never reaches the action', async () => {
  const run = runnerOf(fails).run(callOf({ input: { unit: 7, options: { force: 'yes' } } }));
  await expect(run).rejects.toMatchObject({
    code: 'ACTION_INPUT_INVALID',
    message: expect.stringMatching(/restart .*unit: .*options\.force: /),
  });
  expect(attempts).toEqual([]);
});

test('an unknown action is refused, and effects are looked up', async () => {
  const runner = runnerOf(fails, ['reboot']);
  await expect(runner.run(callOf({ action: 'reset' }))).rejects.toMatchObject({ code: 'ACTION_UNKNOWN' });
  expect(runner.effectsOf('restart')).toEqual(['reboot']);
  expect(() => runner.effectsOf('reset')).toThrow(expect.objectContaining({ code: 'ACTION_UNKNOWN' }));
});

test('a plain error fails with its message, also when it is thrown at once; an error of a plugin keeps its code', async () => {
  await expect(runnerOf(fails).run(callOf())).rejects.toMatchObject({
    code: 'ACTION_FAILED',
    message: 'restart failed: bus is busy',
  });
  const throwing = runnerOf(() => {
    throw new Error('at once');
  });
  await expect(throwing.run(callOf())).rejects.toMatchObject({ code: 'ACTION_FAILED' });
  const { error } = errorsOf({ UNIT_MASKED: { summary: 's', remedy: 'unmask it' } });
  await expect(runnerOf(() => Promise.reject(error('UNIT_MASKED', 'masked'))).run(callOf())).rejects.toMatchObject({
    code: 'UNIT_MASKED',
    remedy: 'unmask it',
  });
});

describe('timeout and abort', () => {
  test.each<[string, Work, Partial<ActionCall>, string, number]>([
    [
      'an action that obeys ends at its timeout',
      untilAborted,
      { timeout: Duration.parse('10s') },
      'ACTION_TIMEOUT',
      10,
    ],
    ['the default timeout is a minute', untilAborted, {}, 'ACTION_TIMEOUT', 60],
    ['one that ignores its signal is left after 5 s', never, { timeout: Duration.parse('10s') }, 'ACTION_TIMEOUT', 15],
  ])('%s', async (_title, work, extra, code, seconds) => {
    const outcome = outcomeOf(runnerOf(work).run(callOf(extra)));
    await clock.advance(Duration.parse('2m'));
    expect(outcome).toEqual({ value: code, at: seconds * 1000 });
    expect(clock.pendingTimers).toEqual([]);
  });

  test('an action that was left behind is attributed, also when it ends after all', async () => {
    let end!: () => void;
    const run = runnerOf(() => new Promise<void>((resolve) => (end = resolve))).run(callOf());
    const outcome = outcomeOf(run);
    await clock.advance(Duration.parse('2m'));
    expect(outcome.value).toBe('ACTION_TIMEOUT');
    expect(log.lines).toMatchObject([
      { level: 'warn', fields: { action: 'restart', plugin: 'systemd', rule: 'mend' } },
    ]);
    expect(log.lines[0]?.message).toContain('goes on in the background');
    end();
    await clock.settle();
    expect(log.lines[1]).toMatchObject({ level: 'info', fields: { plugin: 'systemd' } });
  });

  test('an abort waits until the action has cleaned up', async () => {
    const cleaning: Work = (_attempt, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => clock.schedule(2000, () => resolve(undefined), 'clean up')),
      );
    const outcome = outcomeOf(runnerOf(cleaning).run(callOf()));
    await clock.settle();
    abort.abort();
    await clock.advance(Duration.parse('10s'));
    expect(outcome).toEqual({ value: 'ACTION_ABORTED', at: 2000 });
  });

  test('an abort before the start and one during a pause start no further attempt', async () => {
    const outcome = outcomeOf(runnerOf(fails).run(callOf({ retry: retry({}) })));
    await clock.settle();
    abort.abort();
    await clock.settle();
    expect(outcome.value).toBe('ACTION_ABORTED');
    await expect(runnerOf(fails).run(callOf())).rejects.toMatchObject({ code: 'ACTION_ABORTED' });
    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toEqual([]);
  });
});

describe('retry', () => {
  test.each<[string, Partial<RetryPolicy>, number[]]>([
    ['attempts counts all of them', { attempts: 2 }, [0, 1]],
    ['the pause grows by factor', { attempts: 4 }, [0, 1, 3, 7]],
    ['factor 1 keeps the pause', { attempts: 4, factor: 1 }, [0, 1, 2, 3]],
    ['max-delay bounds the pause', { attempts: 4, maxDelay: Duration.parse('2s') }, [0, 1, 3, 5]],
    ['jitter makes a pause longer by up to its share', { attempts: 2, jitter: 0.4 }, [0, 1.2]],
  ])('%s', async (_title, policy, seconds) => {
    const outcome = outcomeOf(runnerOf(fails).run(callOf({ retry: retry(policy) })));
    await clock.advance(Duration.parse('1m'));
    expect(attempts.map(({ at }) => at / 1000)).toEqual(seconds);
    expect(outcome.value).toBe('ACTION_FAILED');
  });

  test('it ends with the first success; all attempts have one idempotency key, other steps have another', async () => {
    const runner = runnerOf((attempt) => (attempt % 2 === 0 ? Promise.resolve('good') : fails(attempt, abort.signal)));
    for (const step of ['then[0]', 'then[1]']) {
      const outcome = outcomeOf(runner.run(callOf({ retry: retry({}), step })));
      await clock.advance(Duration.parse('1m'));
      expect(outcome.value).toBe('good');
    }
    const keys = attempts.map(({ context }) => context.idempotencyKey);
    expect(keys).toEqual(['7:then[0]', '7:then[0]', '7:then[1]', '7:then[1]']);
  });

  test.each<[string, Work, boolean, string, number]>([
    ['before an action is called', never, false, '0s', 0],
    ['between the call and its end', untilAborted, true, '0s', 1],
    ['between two attempts of which the first failed', fails, false, '500ms', 1],
    ['between two attempts of which the first had no reply in time', untilAborted, true, '1500ms', 1],
  ])('an abort %s leaves it uncertain only if it may have happened', async (when, work, isUncertain, after, times) => {
    if (when === 'before an action is called') abort.abort();
    const run = runnerOf(work).run(callOf({ timeout: Duration.parse('1s'), retry: retry({}) }));
    const ended = expect(run).rejects.toMatchObject({ code: 'ACTION_ABORTED', isUncertain });
    await clock.advance(Duration.parse(after));
    abort.abort();
    await ended;
    expect(attempts).toHaveLength(times);
  });

  test.each<[Effect, number]>([
    ['network', 3],
    ['reboot', 1],
    ['shutdown', 1],
  ])('after a timeout, an action with the effect %s is tried %i times in all', async (effect, times) => {
    outcomeOf(runnerOf(untilAborted, [effect]).run(callOf({ retry: retry({}) })));
    await clock.advance(Duration.parse('10m'));
    expect(attempts).toHaveLength(times);
  });

  test.each<[Effect, number]>([
    ['network', 3],
    ['reboot', 1],
    ['shutdown', 1],
  ])(
    'when nobody knows what came of it, an action with the effect %s is tried %i times in all',
    async (effect, times) => {
      const noReply = coreError('ACTION_FAILED', 'no reply', { isUncertain: true });
      const outcome = outcomeOf(runnerOf(() => Promise.reject(noReply), [effect]).run(callOf({ retry: retry({}) })));
      await clock.advance(Duration.parse('10m'));
      expect(attempts).toHaveLength(times);
      expect(await outcome).toMatchObject({ value: 'ACTION_FAILED' });
    },
  );
});
