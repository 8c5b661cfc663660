import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GuardedMachine } from './guarded-machine.fixture.js';

/** The call that the tests announce. */
const [run, step] = ['run-of-test', 'then[0]'];
const call = `${run}:${step}`;

let machine: GuardedMachine;
beforeEach(async () => {
  machine = await GuardedMachine.start();
});
afterEach(() => machine.end());

const announce = (ofRun = run) => machine.announce('stuck', ofRun, step);
const begin = (control: string, isLast = false) => machine.safety.begin(call, control, isLast);
const asked = () => machine.safety.intents().map((intent) => intent.asked);

test('a request that may be made survives a power cut', async () => {
  await announce();
  await begin('supervisor');
  await machine.cutPower();
  expect(asked()).toEqual([[{ control: 'supervisor' }]]);
  expect(machine.outcomes).toEqual(['happened']);
});

test('no request may be made that a disk refuses to keep', async () => {
  const intent = await announce();
  machine.machine.disk.fault = 'EIO';
  const attempt = begin('supervisor');
  await expect(attempt).rejects.toMatchObject({ code: 'DISRUPTION_UNRECORDED' });
  intent.blocked(await attempt.catch((error: unknown) => error));
  expect(machine.outcomes).toEqual(['blocked']);
  machine.machine.disk.fault = undefined;
});

test('no request may be made for a call that no rule has announced, or that is settled', async () => {
  await expect(begin('supervisor')).rejects.toMatchObject({ code: 'DISRUPTION_UNRECORDED' });
  (await announce()).blocked(new Error('locked'));
  await expect(begin('supervisor')).rejects.toMatchObject({ code: 'DISRUPTION_UNRECORDED' });
});

test('a control is asked again only when it certainly did nothing', async () => {
  await announce();
  await begin('supervisor');
  machine.safety.refused(call, 'unreachable');
  await begin('supervisor');
  await expect(begin('supervisor')).rejects.toMatchObject({ code: 'DISRUPTION_REPEATED' });
  expect(machine.safety.spent(call)).toEqual(['supervisor']);
  expect(machine.safety.spent('another:then[0]')).toEqual([]);
});

test('what was accepted is left to its deadline, although the run says afterwards that its call failed', async () => {
  const intent = await announce();
  await begin('supervisor');
  intent.accepted();
  intent.blocked(new Error('aborted'));
  expect(machine.outcomes).toEqual([undefined]);
  expect(await machine.attempt('other')).toBe('DISRUPTION_UNDER_WAY');
  await machine.advance('90s');
  expect(machine.outcomes).toEqual(['lost']);
});

test('the next engine goes on with it for its own run alone, and not while a request has no answer', async () => {
  const refusal = async (ofRun?: string): Promise<unknown> =>
    announce(ofRun).then(
      () => 'none',
      ({ code }: { code: string }) => code,
    );
  const intent = await announce();
  await begin('supervisor');
  expect(await refusal()).toBe('DISRUPTION_REPEATED');
  intent.accepted();
  await machine.restartEngine();
  expect(await refusal('another')).toBe('DISRUPTION_UNDER_WAY');
  expect(await refusal()).toBe('none');
  expect(machine.safety.intents()).toHaveLength(1);
});
