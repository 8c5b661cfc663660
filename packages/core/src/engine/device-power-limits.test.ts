import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PoweredMachine } from './powered-machine.fixture.js';

let machine: PoweredMachine;
beforeEach(() => {
  machine = new PoweredMachine();
});
afterEach(() => machine.end());

async function start(rules: string): Promise<void> {
  machine.write(rules);
  await machine.start();
}

/** Boots that last so long, each ended by whoever was asked for it. */
async function boots(count: number, lasting: string): Promise<void> {
  for (let boot = 0; boot < count; boot++) {
    await machine.pass(lasting);
    await machine.reboot();
  }
}

test('a rule without a limit gets the default one, and check says so', async () => {
  await start('  again: { on: [{ boot: }], then: [{ do: device.reboot }] }');
  expect(machine.logged).toMatch(/info .*"again" can do device\.reboot and has no limit: at most 3 times/);
  machine.manners = { supervisor: 'accepts', bus: 'unavailable' };
  await boots(5, '11m');
  expect(machine.calls).toEqual(['0s supervisor reboot', '11m supervisor reboot', '22m supervisor reboot']);
  expect(machine.engine.intents()).toHaveLength(3);
});

test('safe mode refuses it: no control is asked, and why says so', async () => {
  await start('  again: { on: [{ boot: }], limit: { runs: 50, per: 24h }, then: [{ do: device.reboot }] }');
  await boots(7, '20s');
  expect(machine.calls).toHaveLength(5);
  expect(machine.engine.status().safeMode).toMatchObject({ active: true });
  expect(machine.engine.explain('again').refused).toMatchObject({ code: 'SAFE_MODE' });
});

test('a dry run shows it and asks no control', async () => {
  await start('  again: { on: [{ boot: }], if: "false", then: [{ do: device.reboot }] }');
  const { trace } = await machine.engine.dryRun('again');
  expect(trace.steps).toMatchObject([{ step: 'do device.reboot', outcome: 'shadowed' }]);
  expect(machine.calls).toEqual([]);
});

test('what catch does of a run whose second control said no goes on after a boot', async () => {
  machine.manners = { supervisor: 'accepts', bus: 'blocks' };
  await start(`
  stuck:
    when: "true"
    for: 10m
    limit: { runs: 1, per: 24h }
    then: [{ do: device.reboot }]
    catch: [{ wait: 30s }, { do: log, with: { message: "caught \${{ error.code }}" } }]
`);
  await machine.pass('11m40s');
  expect(machine.calls).toEqual(['10m supervisor reboot', '11m30s bus reboot']);
  await machine.reboot();
  await machine.pass('1m');
  expect(machine.logged).toContain('caught LOCKED');
});

test('in catch, which has a minute, nothing follows a control that is lost', async () => {
  await start(`
  stuck:
    when: "true"
    for: 10m
    limit: { runs: 1, per: 24h }
    then: [{ stop: { reason: "no way", failed: true } }]
    catch: [{ do: device.reboot }]
`);
  await machine.pass('1h');
  expect(machine.calls).toEqual(['10m supervisor reboot']);
  expect(machine.engine.intents()).toMatchObject([
    { outcome: 'lost', asked: [{ control: 'supervisor', outcome: 'lost' }] },
  ]);
  expect(machine.engine.explain('stuck').status[0]).toMatchObject({ runs: 1 });
});
