import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GuardedMachine } from './guarded-machine.fixture.js';

let machine: GuardedMachine;
beforeEach(async () => {
  machine = await GuardedMachine.start();
});
afterEach(() => machine.end());

describe('the boot before ended', () => {
  test('not at all, when there is none on record', async () => {
    expect(await machine.boot()).toMatchObject({ reason: 'first', number: 1, bootId: 'boot-1', safeMode: false });
  });

  test('because a rule asked for it, whose name and action are told', async () => {
    await machine.advance('20m');
    await machine.call('stuck');
    await machine.reboot();
    const boot = await machine.boot();
    expect(boot).toMatchObject({ reason: 'requested', rule: 'stuck', action: 'host.reboot', number: 2 });
    expect(String(boot.lasted)).toBe('20m');
    expect(machine.outcomes).toEqual(['happened']);
  });

  test('because a rule asked for it, also when the machine went down before the answer came', async () => {
    await machine.announce();
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'requested' });
  });

  test('because a rule asked for it, also when the engine was stopped by SIGTERM before the machine went down', async () => {
    const intent = await machine.announce();
    machine.safety.dispose();
    intent.unanswered();
    await machine.reboot();
    expect(await machine.boot()).toMatchObject({ reason: 'requested', rule: 'stuck' });
  });

  test.each(['20s', '10m'])('as it did, although the boot after it had no good file for %s', async (lasts) => {
    await machine.advance('20s');
    await machine.call('stuck');
    await machine.rebootWithBadFile(lasts);
    expect(machine.machine.ledger.boots.map(({ end }) => end)).toEqual([
      { reason: 'requested', rule: 'stuck', action: 'host.reboot' },
      { reason: 'external' },
      undefined,
    ]);
    expect(machine.outcomes).toEqual(['happened']);
    expect(await machine.boot()).toMatchObject({ reason: 'external', number: 3 });
  });

  test('by somebody else, when the engine was stopped in order and no rule had asked', async () => {
    await machine.advance('20m');
    await machine.reboot();
    expect(await machine.boot()).toMatchObject({ reason: 'external' });
  });

  test('by somebody else, when what a rule had asked for was lost before', async () => {
    await machine.call();
    await machine.advance('2m');
    await machine.reboot();
    expect(await machine.boot()).toMatchObject({ reason: 'external' });
    expect(machine.outcomes).toEqual(['lost']);
  });

  test('by a power cut, when nothing was stopped in order', async () => {
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'power-cut' });
  });

  test('by a power cut, when what a rule had asked for was blocked', async () => {
    (await machine.announce()).blocked(new Error('locked'));
    await machine.machine.clock.settle();
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'power-cut' });
    expect(machine.outcomes).toEqual(['blocked']);
  });

  test('by a crash of the kernel, of which each record counts once', async () => {
    machine.crash('dmesg-ramoops-0', 1000);
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'kernel-panic' });
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'power-cut' });
    machine.crash('dmesg-ramoops-0', 2000);
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'kernel-panic' });
  });

  test('not by a crash whose record was seen before a start that could not look into pstore', async () => {
    machine.crash('dmesg-ramoops-0', 1000);
    await machine.restartEngine();
    machine.hidePstore(true);
    await machine.restartEngine();
    machine.hidePstore(false);
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'power-cut' });
  });

  test('not by a crash, when pstore holds only the console of the boot before', async () => {
    machine.crash('console-ramoops-0', 1000);
    await machine.cutPower();
    expect(await machine.boot()).toMatchObject({ reason: 'power-cut' });
  });

  test('not by a crash whose record was there before the first boot on record', async () => {
    const other = await GuardedMachine.start();
    other.crash('dmesg-efi-1', 1000);
    await other.restartEngine();
    await other.cutPower();
    expect(await other.boot()).toMatchObject({ reason: 'power-cut' });
    await other.end();
  });

  test('as it was first found out, however often the engine is restarted in the boot after', async () => {
    await machine.call();
    await machine.reboot();
    await machine.restartEngine();
    await machine.killEngine();
    expect(await machine.boot()).toMatchObject({ reason: 'requested', number: 2 });
  });
});

describe('an intent', () => {
  test('is durable when the call may be made', async () => {
    await machine.announce();
    await machine.cutPower();
    expect(machine.outcomes).toEqual(['happened']);
    expect(machine.told).toContain('info What stuck asked for with host.reboot happened');
  });

  test('is blocked when the call fails, which is told and leaves the way free', async () => {
    (await machine.announce()).blocked(new Error('updates are locked'));
    expect(machine.told).toContain('host.reboot of stuck was blocked: updates are locked');
    expect(await machine.attempt('other')).toBe('called');
  });

  test('is lost when the machine has not gone down 90 s after the call, which is told', async () => {
    await machine.call();
    await machine.advance('89s');
    expect(machine.outcomes).toEqual([undefined]);
    await machine.advance('1s');
    expect(machine.outcomes).toEqual(['lost']);
    expect(machine.told).toContain('warn host.reboot of stuck is lost');
  });

  test('is lost at the start of another engine, when its time was over while none ran', async () => {
    await machine.call();
    machine.safety.dispose();
    await machine.advance('2m');
    await machine.killEngine();
    expect(machine.outcomes).toEqual(['lost']);
  });

  test('keeps its deadline over a restart of the engine', async () => {
    await machine.call();
    await machine.advance('1m');
    await machine.restartEngine();
    await machine.advance('29s');
    expect(machine.outcomes).toEqual([undefined]);
    await machine.advance('1s');
    expect(machine.outcomes).toEqual(['lost']);
  });

  test('whose engine was killed before the answer waits for its deadline and is never called again', async () => {
    await machine.announce('stuck', 'run');
    await machine.advance('5m');
    await machine.killEngine();
    expect(machine.outcomes).toEqual([undefined]);
    await machine.advance('90s');
    expect(machine.outcomes).toEqual(['lost']);
    await expect(machine.announce('stuck', 'run')).rejects.toMatchObject({ code: 'DISRUPTION_REPEATED' });
  });

  test('that took the machine down is the last one of its run, whichever step would call next', async () => {
    (await machine.announce('stuck', 'run', 'then[0]#0')).accepted();
    await machine.advance('30s');
    await machine.reboot();
    await machine.advance('1h');
    await expect(machine.announce('stuck', 'run', 'then[0]#1')).rejects.toMatchObject({
      code: 'DISRUPTION_REPEATED',
      message: 'host.reboot is refused: then[0]#0 of this run called host.reboot before, and it happened.',
    });
    expect(await machine.attempt('stuck')).toBe('called');
  });

  test('under way refuses every other one, with the time since when', async () => {
    await machine.call();
    await machine.advance('42s');
    await expect(machine.announce('other')).rejects.toMatchObject({
      code: 'DISRUPTION_UNDER_WAY',
      message: expect.stringContaining('host.reboot of stuck is under way since 42s'),
    });
    await machine.advance('48s');
    expect(await machine.attempt('other')).toBe('called');
  });

  test('of two that are asked for at once, only one is announced', async () => {
    const outcomes = await Promise.all([machine.attempt('a'), machine.attempt('b')]);
    expect(outcomes).toEqual(['called', 'DISRUPTION_UNDER_WAY']);
  });

  test('is kept after it was settled, up to 20 of them', async () => {
    for (let count = 0; count < 30; count++) (await machine.announce(`rule-${count}`)).blocked(new Error('locked'));
    expect(machine.safety.intents().map(({ rule }) => rule)).toEqual(
      Array.from({ length: 20 }, (_, index) => `rule-${index + 10}`),
    );
  });
});

describe('safe mode', () => {
  test('is entered after five boots of less than 5 minutes in a row, and not before', async () => {
    await machine.shortBoots(4);
    expect(machine.safety.safeMode()).toEqual({ active: false });
    await machine.shortBoots(1);
    expect(machine.safety.safeMode()).toMatchObject({ active: true, since: 0 });
    expect(machine.told).toMatch(/error SAFE MODE: .*5 boots.*devicerc safe-mode off/);
    expect(await machine.boot()).toMatchObject({ safeMode: true });
  });

  test('refuses disruptive calls, saying why and how it is left', async () => {
    await machine.shortBoots(5);
    await expect(machine.announce()).rejects.toMatchObject({
      code: 'SAFE_MODE',
      message: expect.stringMatching(/less than 5m.*up for 1h.*devicerc safe-mode off/),
    });
  });

  test.each([
    ['4m59s', true],
    ['5m2s', false],
  ])('one boot of %s among the five: %s', async (length, active) => {
    await machine.shortBoots(2);
    await machine.advance(length);
    await machine.cutPower();
    await machine.shortBoots(2);
    expect(machine.safety.safeMode().active).toBe(active);
  });

  test('stays over restarts of the engine', async () => {
    await machine.shortBoots(5);
    await machine.advance('10m');
    await machine.restartEngine();
    await machine.killEngine();
    expect(machine.safety.safeMode().active).toBe(true);
  });

  test('goes on in a boot after one that was short again', async () => {
    await machine.shortBoots(6);
    expect(machine.safety.safeMode().active).toBe(true);
  });

  test('is left by itself after an hour of uptime, which is told', async () => {
    await machine.shortBoots(5);
    await machine.advance('59m');
    await machine.restartEngine();
    expect(await machine.attempt()).toBe('SAFE_MODE');
    await machine.advance('1m');
    expect(machine.told).toContain('warn Safe mode is left: it is up for 1h');
    expect(await machine.attempt()).toBe('called');
  });

  test('is left when somebody asks for it, and the same five boots do not bring it back', async () => {
    await machine.shortBoots(5);
    await machine.advance('1m');
    machine.safety.leaveSafeMode();
    expect(await machine.attempt()).toBe('called');
    await machine.restartEngine();
    expect(machine.safety.safeMode().active).toBe(false);
    await machine.shortBoots(4);
    expect(machine.safety.safeMode().active).toBe(false);
    await machine.shortBoots(1);
    expect(machine.safety.safeMode().active).toBe(true);
  });

  test('leaves no timer behind', async () => {
    await machine.shortBoots(5);
    machine.safety.dispose();
    await machine.machine.ledger.close();
    expect(machine.machine.clock.pendingTimers).toEqual([]);
  });
});

describe('what stands in the way of every disruptive call is told before one is made:', () => {
  const told = (): string | undefined => machine.safety.obstacle('host.reboot')?.code;

  test('nothing, on a machine where all is well', () => {
    expect(told()).toBeUndefined();
  });

  test('safe mode', async () => {
    await machine.shortBoots(5);
    expect(told()).toBe('SAFE_MODE');
  });

  test('a call under way, until it is settled', async () => {
    await machine.call();
    expect(told()).toBe('DISRUPTION_UNDER_WAY');
    await machine.advance('90s');
    expect(told()).toBeUndefined();
  });

  test('a record that cannot be made, unless the file allows that', async () => {
    machine.machine.disk.fault = 'ENOSPC';
    await machine.attempt();
    expect(told()).toBe('DISRUPTION_UNRECORDED');
    machine.safety.adopt({ withoutRecord: 'allow' });
    expect(told()).toBe('DISRUPTION_UNRECORDED');
    await machine.advance('10m');
    expect(told()).toBeUndefined();
  });
});

describe('without a durable record', () => {
  test('disruptive calls are refused with the reason, and again allowed when space returns', async () => {
    machine.machine.disk.fault = 'ENOSPC';
    expect(await machine.attempt()).toBe('DISRUPTION_UNRECORDED');
    expect(machine.outcomes).not.toContain(undefined);
    machine.machine.disk.fault = undefined;
    await machine.advance('2h');
    expect(await machine.attempt()).toBe('called');
  });

  test('the file may allow them, once the machine is up for 10 minutes', async () => {
    machine.safety.adopt({ withoutRecord: 'allow' });
    machine.machine.disk.fault = 'EROFS';
    await machine.advance('9m59s');
    await expect(machine.announce()).rejects.toMatchObject({
      code: 'DISRUPTION_UNRECORDED',
      message: expect.stringContaining('up for less than 10m'),
    });
    await machine.advance('15m');
    expect(await machine.attempt()).toBe('called');
  });
});

describe('the default limit', () => {
  test('allows three calls in 24 h of device time, 10 minutes apart, over boots', async () => {
    const outcomes: string[] = [];
    for (let boot = 0; boot < 5; boot++) {
      await machine.advance('11m');
      outcomes.push(await machine.attempt());
      await machine.reboot();
    }
    expect(outcomes).toEqual(['called', 'called', 'called', 'DISRUPTION_LIMITED', 'DISRUPTION_LIMITED']);
    expect(machine.safety.callsOf('stuck')).toHaveLength(3);
    await machine.advance('24h');
    expect(await machine.attempt()).toBe('called');
  });

  test('refuses a call less than 10 minutes after the last one', async () => {
    await machine.advance('6m');
    await machine.call();
    await machine.reboot();
    await machine.advance('9m59s');
    expect(await machine.attempt()).toBe('DISRUPTION_LIMITED');
    await machine.advance('1s');
    expect(await machine.attempt()).toBe('called');
  });
});
