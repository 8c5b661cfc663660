import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IntentRecord } from './boot-safety/intent-record.js';
import { PoweredMachine, type Manner } from './powered-machine.fixture.js';

const rule = (steps = '[{ do: device.reboot }]', more = ''): string => `
  stuck:
    when: "true"
    for: 10m
    limit: { runs: 1, per: 24h }
    then: ${steps}
    ${more}
`;

let machine: PoweredMachine;
beforeEach(() => {
  machine = new PoweredMachine();
});
afterEach(() => machine.end());

async function start(manners: Record<string, Manner>, text = rule()): Promise<void> {
  machine.manners = manners;
  machine.write(text);
  await machine.start();
}

/** `supervisor lost, bus: happened`. */
function inShort({ asked = [], ...intent }: IntentRecord): string {
  const controls = asked.map(({ control, outcome }) => (outcome ? `${control} ${outcome}` : control));
  return `${controls.join(', ')}: ${intent.outcome ?? 'under way'}`;
}

const intents = (): readonly string[] => machine.engine.intents().map(inShort);

describe('the power controls are asked in the order of their ranks, all for one intent:', () => {
  test.each<[string, Record<string, Manner>, string[], string]>([
    [
      'the first one that accepts',
      { supervisor: 'accepts', bus: 'accepts' },
      ['10m supervisor reboot', '11m30s bus reboot'],
      'supervisor lost, bus lost: lost',
    ],
    [
      'the second where the first says that it is not available',
      { supervisor: 'unavailable', bus: 'accepts' },
      ['10m bus reboot'],
      'bus lost: lost',
    ],
    [
      'the second where the first fails to say whether it is available',
      { supervisor: 'broken', bus: 'accepts' },
      ['10m bus reboot'],
      'bus lost: lost',
    ],
    [
      'the second where the first takes too long to say whether it is available',
      { supervisor: 'hesitant', bus: 'accepts' },
      ['10m15s bus reboot'],
      'bus lost: lost',
    ],
    [
      'the second, at once and once, where the first was not reached',
      { supervisor: 'unreachable', bus: 'accepts' },
      ['10m supervisor reboot', '10m bus reboot'],
      'supervisor unreachable, bus lost: lost',
    ],
    [
      'none after one that blocks',
      { supervisor: 'blocks', bus: 'accepts' },
      ['10m supervisor reboot'],
      'supervisor blocked: blocked',
    ],
    [
      'the second, after 90 s and once, where no answer came from the first',
      { supervisor: 'silent', bus: 'accepts' },
      ['10m supervisor reboot', '11m30s bus reboot'],
      'supervisor lost, bus lost: lost',
    ],
    [
      'the second, 90 s after the timeout of the step, where the first hangs',
      { supervisor: 'hangs', bus: 'accepts' },
      ['10m supervisor reboot', '12m30s bus reboot'],
      'supervisor lost, bus lost: lost',
    ],
    [
      'none where the second blocks after the first was lost',
      { supervisor: 'accepts', bus: 'blocks' },
      ['10m supervisor reboot', '11m30s bus reboot'],
      'supervisor lost, bus blocked: blocked',
    ],
    [
      'it stays lost where the second cannot be asked after the first was lost',
      { supervisor: 'accepts', bus: 'unavailable' },
      ['10m supervisor reboot'],
      'supervisor lost: lost',
    ],
    [
      'it stays lost where the second was not reached after the first was lost',
      { supervisor: 'accepts', bus: 'unreachable' },
      ['10m supervisor reboot', '11m30s bus reboot'],
      'supervisor lost, bus unreachable: lost',
    ],
    [
      'it is blocked where none was reached',
      { supervisor: 'unreachable', bus: 'unavailable' },
      ['10m supervisor reboot'],
      'supervisor unreachable: blocked',
    ],
  ])('%s', async (_what, manners, calls, intent) => {
    await start(manners);
    await machine.pass('20h');
    expect(machine.calls).toEqual(calls);
    expect(intents()).toEqual([intent]);
  });
});

test('a device that shuts down asks for just that', async () => {
  await start({ supervisor: 'unreachable', bus: 'accepts' }, rule('[{ do: device.shutdown }]'));
  await machine.pass('30m');
  expect(machine.calls).toEqual(['10m supervisor shutdown', '10m bus shutdown']);
  expect(machine.engine.intents()).toMatchObject([{ action: 'device.shutdown', outcome: 'lost' }]);
});

test('without a power control the step fails, and says what to do', async () => {
  machine.write(rule(), []);
  await machine.start();
  await machine.pass('11m');
  expect(machine.calls).toEqual([]);
  const [step] = machine.engine.traces().at(-1)!.steps;
  expect(step).toMatchObject({ outcome: 'failed', error: { code: 'POWER_CONTROL_MISSING' } });
  expect(machine.logged).toMatch(/warn .*:\d+:\d+: .*power control/);
});

test('doctor tells of a file whose plugins bring no power control, and what those that there are need', async () => {
  const neededBy = ['device.reboot'];
  machine.write(rule(), []);
  expect(await machine.examine()).toEqual([
    expect.objectContaining({ name: 'power-control', met: false, detail: expect.stringMatching(/plugins/), neededBy }),
  ]);
  machine.write(rule());
  expect(await machine.examine()).toEqual([
    expect.objectContaining({ name: 'power-control', met: true, detail: expect.stringMatching(/supervisor, bus$/) }),
    expect.objectContaining({ name: 'wire', met: false, detail: 'it is cut', neededBy }),
  ]);
  await machine.start();
});

test('where none can be asked the step fails with the reason of each', async () => {
  await start({ supervisor: 'unavailable', bus: 'unreachable' });
  await machine.pass('11m');
  const [step] = machine.engine.traces().at(-1)!.steps;
  expect(step!.error).toEqual({
    code: 'POWER_UNREACHABLE',
    message: 'No power control could be asked for a reboot. supervisor: it is away; bus: bus is not there.',
  });
});

test('a control that says no without a reason, as plain JavaScript can, is not asked', async () => {
  await start({ supervisor: 'curt', bus: 'accepts' });
  await machine.pass('11m');
  expect(machine.calls).toEqual(['10m bus reboot']);
});

test('the trace shows the control that accepted, while the run waits for its effect and afterwards', async () => {
  await start({ supervisor: 'accepts', bus: 'accepts' });
  const shown = () => machine.engine.traces().map(({ outcome, steps: [step] }) => ({ outcome, output: step!.output }));
  await machine.pass('11m');
  expect(shown()).toEqual([{ outcome: undefined, output: { control: 'supervisor' } }]);
  expect(intents()).toEqual(['supervisor: under way']);
  await machine.pass('1m');
  expect(shown()).toEqual([{ outcome: 'succeeded', output: { control: 'bus' } }]);
});

test('a retry asks again only those who certainly did nothing', async () => {
  await start(
    { supervisor: 'unreachable', bus: 'blocks' },
    rule('[{ do: device.reboot, retry: { attempts: 2, delay: 1m } }]'),
  );
  await machine.pass('10m30s');
  machine.manners = { supervisor: 'unavailable', bus: 'silent' };
  await machine.pass('1h');
  expect(machine.calls).toEqual(['10m supervisor reboot', '10m bus reboot', '11m bus reboot']);
  expect(intents()).toEqual(['supervisor unreachable, bus lost: lost']);
});

describe('the second control is not asked', () => {
  test('when an until event ended the run that waited for the first one', async () => {
    const enough = '{ wait: 11m }, { emit: { event: enough } }';
    await start(
      { supervisor: 'accepts', bus: 'accepts' },
      `${rule(undefined, 'until: [{ custom: { event: enough } }]')}
  enough: { on: [{ start: }], then: [${enough}] }`,
    );
    await machine.pass('1h');
    expect(machine.calls).toEqual(['10m supervisor reboot']);
    expect(intents()).toEqual(['supervisor lost: lost']);
  });

  test('when the rule was removed from the file meanwhile', async () => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    await machine.pass('11m');
    machine.write('  other: { on: [{ start: }], then: [{ do: log, with: { message: hi } }] }');
    expect(await machine.engine.reload()).toMatchObject({ applied: true });
    await machine.pass('1h');
    expect(machine.calls).toEqual(['10m supervisor reboot']);
  });

  test('when the engine was killed after the first request', async () => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    await machine.pass('11m');
    await machine.kill();
    await machine.pass('20h');
    expect(machine.calls).toEqual(['10m supervisor reboot']);
    expect(intents()).toEqual(['supervisor lost: lost']);
  });

  test('when the machine went down by the first one', async () => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    await machine.pass('10m30s');
    await machine.reboot();
    await machine.pass('3h');
    expect(machine.calls).toEqual(['10m supervisor reboot']);
    expect(intents()).toEqual(['supervisor: happened']);
    expect(machine.engine.traces().map(({ outcome, resumed }) => [outcome, resumed])).toEqual([['succeeded', true]]);
  });
});

describe('the second control is asked once, when the first one is lost,', () => {
  test('by the engine that came after an orderly stop in between, as by a Supervisor that failed to reboot', async () => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    await machine.pass('10m20s');
    await machine.stop();
    await machine.pass('20s');
    await machine.start();
    await machine.pass('20h');
    expect(machine.calls).toEqual(['10m supervisor reboot', '11m30s bus reboot']);
    expect(intents()).toEqual(['supervisor lost, bus lost: lost']);
  });

  test('with the plugins of a reload in between', async () => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    await machine.pass('10m20s');
    machine.write(rule(), ['plugin-bus']);
    expect(await machine.engine.reload()).toMatchObject({ applied: true });
    await machine.pass('20h');
    expect(machine.calls).toEqual(['10m supervisor reboot', '11m30s bus reboot']);
  });
});

test('a control that was lost is not asked again by a run that goes on', async () => {
  await start({ supervisor: 'accepts', bus: 'accepts' });
  await machine.pass('10m20s');
  machine.write(rule(), ['plugin-supervisor']);
  expect(await machine.engine.reload()).toMatchObject({ applied: true });
  await machine.pass('1h');
  expect(machine.calls).toEqual(['10m supervisor reboot']);
  expect(intents()).toEqual(['supervisor lost: lost']);
});

test('no other rule reboots while one control after the other is asked', async () => {
  await start(
    { supervisor: 'accepts', bus: 'accepts' },
    `${rule()}
  other: { when: "true", for: 11m, then: [{ do: device.reboot }] }`,
  );
  await machine.pass('12m50s');
  expect(machine.calls).toEqual(['10m supervisor reboot', '11m30s bus reboot']);
  expect(machine.engine.explain('other').refused).toMatchObject({ code: 'DISRUPTION_UNDER_WAY' });
});

describe('whatever operation of the disk the engine is killed at, no control is asked twice', () => {
  const cuts = process.env['DEVICERC_PROVE'] ? 1 : 7;

  test.each<[string, Record<string, Manner>]>([
    ['the first one is not reached', { supervisor: 'unreachable', bus: 'accepts' }],
    ['the first one blocks', { supervisor: 'blocks', bus: 'accepts' }],
    ['the first one is lost', { supervisor: 'accepts', bus: 'accepts' }],
    ['the first one gives no answer', { supervisor: 'silent', bus: 'accepts' }],
  ])(
    'where %s',
    async (_what, manners) => {
      await start(manners);
      await machine.pass('2h');
      const { operations } = machine.machine.disk;
      const whole = machine.calls.length;
      const found: unknown[] = [];
      for (let cut = 0; cut < operations * 3; cut += cuts) {
        const [operation, moment] = [Math.floor(cut / 3), (['before', 'torn', 'after'] as const)[cut % 3]!];
        const killed = new PoweredMachine();
        killed.manners = manners;
        killed.write(rule());
        await killed.passInterrupted('2h', operation, moment);
        const asked = killed.calls.map((call) => call.split(' ')[1]!);
        const intents = killed.engine.intents().length;
        if (asked.length > whole || new Set(asked).size < asked.length || intents > 1) {
          found.push({ operation, moment, calls: killed.calls, intents });
        }
        await killed.end();
      }
      expect(found).toEqual([]);
    },
    300_000,
  );
});

test.each(['stop', 'kill'] as const)(
  'whenever the engine ends by %s and comes back, no control is asked twice, and both for one intent',
  async (how) => {
    await start({ supervisor: 'accepts', bus: 'accepts' });
    const found: unknown[] = [];
    for (const at of ['9m59s', '10m', '10m1s', '11m29s', '11m30s', '11m31s', '12m59s', '13m', '13m1s']) {
      for (const gap of ['0s', '1s', '89s', '5m']) {
        const ended = new PoweredMachine();
        ended.write(rule());
        await ended.start();
        await ended.pass(at);
        for (const again of ['1s', '40s']) {
          if (how === 'kill') await ended.kill(gap);
          else {
            await ended.stop();
            await ended.pass(gap);
            await ended.start();
          }
          await ended.pass(again);
        }
        await ended.pass('1h');
        const asked = ended.calls.map((call) => call.split(' ')[1]!);
        const intents = ended.engine.intents().length;
        if (new Set(asked).size < asked.length || asked[0] !== 'supervisor' || intents > 1) {
          found.push({ at, gap, calls: ended.calls, intents });
        }
        await ended.end();
      }
    }
    expect(found).toEqual([]);
  },
  120_000,
);

test('a rule that reboots at each boot does so although the run of the boot before still waits when it ends', async () => {
  const text = `
  again:
    on: [{ boot: }]
    if: event.number < 4 && clock.synchronized
    limit: { runs: 10, per: 24h }
    then: [{ do: device.reboot }]
`;
  await start({ supervisor: 'accepts', bus: 'accepts' }, text);
  for (let boot = 0; boot < 4; boot++) {
    await machine.pass('20s');
    await machine.reboot();
  }
  await machine.pass('20s');
  expect(machine.calls).toHaveLength(3);
  expect(intents()).toEqual(['supervisor: happened', 'supervisor: happened', 'supervisor: happened']);
});
