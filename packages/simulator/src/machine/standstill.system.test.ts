import { Duration, RealClock } from '@devicerc/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FlagService } from '../bus/flag-service.fixture.js';
import { EngineProcess } from '../engine/engine-process.fixture.js';
import { machineObstacle, startMachine, type Machine } from './machine.js';

const busPolicy = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="default"><allow own="${FlagService.busName}"/>
<allow send_destination="${FlagService.busName}"/></policy></busconfig>
`;

/** Keeps the event loop from turning, as a long piece of work of a plugin does. */
const blockingPlugin = `import { action, definePlugin, z } from '@devicerc/core';

@action({ name: 'block', summary: 'Works for long.', effects: [], input: z.object({ milliseconds: z.number() }) })
class Block {
  async run({ milliseconds }: { milliseconds: number }): Promise<void> {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  }
}

export default definePlugin({ name: 'blocking', api: '^1.0.0', streams: [], actions: [Block] });
`;

const rebootWhen = (condition: string): string => `
  reboot-when-${condition.replace('.', '-').toLowerCase()}:
    when: ${condition}
    for: 4s
    limit: { runs: 1, per: 24h }
    then:
      - { do: log, with: { message: "it reboots for ${condition}" } }
      - { do: host.reboot }
`;

const file = (rules: string): string => `version: 1
plugins: [{ use: "@devicerc/plugin-dbus" }, { use: ./blocking.ts }]
streams:
  announced:
    from: dbus.properties
    with: { destination: ${FlagService.busName}, path: ${FlagService.path}, properties: { Announced: b } }
  silent:
    from: dbus.properties
    with: { destination: ${FlagService.busName}, path: ${FlagService.path}, properties: { Silent: b }, poll: 500ms }
rules:
${rules}`;

const both = `${rebootWhen('announced.Announced')}${rebootWhen('silent.Silent')}`;
const block = `
  block:
    when: announced.Announced
    for: 2s
    then: [{ do: block, with: { milliseconds: 5000 } }]
`;
const many = Array.from(
  { length: 3_000 },
  (_, index) => `
  rule-${index}: { on: [{ custom: { event: e${index} } }], then: [{ do: log, with: { message: "${index}" } }] }`,
).join('');

const obstacle = await machineObstacle();
const inMachine = obstacle ? describe.skip : describe;

inMachine(`a reboot of a real machine${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let machine: Machine;
  let flags: FlagService;
  let engine: EngineProcess;

  beforeAll(async () => {
    clock = new RealClock();
    machine = await startMachine({ clock, files: { '/etc/dbus-1/system.d/flags.conf': busPolicy } });
  }, 180_000);
  afterAll(async () => {
    await machine.stop();
    clock.dispose();
  });

  beforeEach(async () => {
    flags = await FlagService.start(machine.busAddress);
  });
  afterEach(async () => {
    await engine.stop();
    flags.close();
  });

  const pass = (time: string): Promise<void> => clock.sleep(Duration.parse(time), 'the world outside');

  async function start(rules: string): Promise<void> {
    engine = await EngineProcess.start(file(rules), machine.busAddress, clock, { 'blocking.ts': blockingPlugin });
    await engine.says(/Connected to the system bus/);
    await pass('500ms');
  }

  /** The time of `for`, and what a device needs to go down. */
  async function expectNoReboot(): Promise<void> {
    const boot = await machine.bootId();
    await pass('6s');
    expect(engine.output).not.toContain('it reboots');
    expect(await machine.bootId()).toBe(boot);
  }

  test('is not asked for on what was so before the engine was stopped', async () => {
    await start(both);
    await flags.set(true);
    await pass('1s');
    engine.pauseProcess();
    await pass('500ms');
    await flags.set(false);
    await pass('6s');
    engine.resumeProcess();
    await engine.says(/stood still/);
    await expectNoReboot();
  }, 60_000);

  test('is not asked for on what was so before a piece of work kept the engine from everything else', async () => {
    await start(`${both}${block}`);
    await flags.set(true);
    await pass('3s');
    await flags.set(false);
    await engine.says(/stood still/);
    await expectNoReboot();
  }, 60_000);

  test('is not asked for on what was so before 3,000 rules were read', async () => {
    await start(both);
    await flags.set(true);
    await pass('3s');
    await engine.edit(file(`${both}${many}`));
    await pass('300ms');
    await flags.set(false);
    await engine.says(/Reloaded .*3002 rules/);
    await expectNoReboot();
  }, 60_000);

  test('is asked for once on what is still so when the engine goes on', async () => {
    await start(rebootWhen('announced.Announced'));
    const boot = await machine.bootId();
    await flags.set(true);
    await pass('1s');
    engine.pauseProcess();
    await pass('6s');
    engine.resumeProcess();
    await engine.says(/it reboots/);
    while ([undefined, boot].includes(await machine.bootId())) await engine.pause();
    expect(engine.output.split('it reboots')).toHaveLength(2);
  }, 60_000);
});
