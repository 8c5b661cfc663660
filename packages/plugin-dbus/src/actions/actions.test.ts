import type { ActionContext } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RecordingLogger, testClient, type TestClient } from '../bus/bus-client.fixture.js';
import { PrivateBus } from '../bus/private-bus.fixture.js';
import { TestPeer } from '../bus/test-peer.fixture.js';
import { FakeSystemd } from '../systemd/fake-systemd.fixture.js';
import { startableUnitName } from '../systemd/unit-name.js';
import { DbusCall } from './dbus-call.js';
import { HostPoweroff, HostReboot } from './host-power.js';
import { SystemdReload, SystemdRestart, SystemdStart, SystemdStop } from './systemd-jobs.js';

describe('actions on a real bus', () => {
  let daemon: PrivateBus;
  let client: TestClient;
  let abort: AbortController;
  let context: ActionContext;

  beforeEach(async () => {
    daemon = await PrivateBus.start();
    client = testClient(daemon.address);
    abort = new AbortController();
    const names = { rule: 'rule', run: 'run', attempt: 1, idempotencyKey: 'key', held: false };
    context = { signal: abort.signal, log: new RecordingLogger(), ...names };
  });
  afterEach(async () => {
    client.dispose();
    await daemon.dispose();
  });

  describe('dbus.call', () => {
    test('gives back the values of the reply', async () => {
      const peer = await TestPeer.join(daemon.socket, 'org.example.Echo', () => ({ signature: 'su', body: ['hi', 7] }));
      const input = { destination: 'org.example.Echo', path: '/', interface: 'org.example.Echo', member: 'Say' };
      const output = await new DbusCall(client.bus).run({ ...input, signature: 's', args: ['hello'] }, context);
      expect(output).toEqual({ values: ['hi', 7] });
      peer.leave();
    });
  });

  describe('systemd jobs', () => {
    let systemd: FakeSystemd;
    beforeEach(async () => {
      systemd = await FakeSystemd.join(daemon.socket);
    });
    afterEach(() => systemd.leave());

    test.each([
      ['StartUnit', SystemdStart],
      ['StopUnit', SystemdStop],
      ['RestartUnit', SystemdRestart],
      ['ReloadUnit', SystemdReload],
    ])('%s waits for the end of its job and gives back the result', async (method, JobAction) => {
      const output = await new JobAction(client.bus).run({ unit: 'demo.service', mode: 'replace' }, context);
      expect(output).toEqual({ result: 'done' });
      expect(systemd.called).toEqual(['Subscribe', method]);
    });

    test.each(['failed', 'timeout', 'canceled', 'dependency'])(
      'a job that ends with %s is an error',
      async (result) => {
        systemd.result = result;
        const run = new SystemdRestart(client.bus).run({ unit: 'demo.service', mode: 'replace' }, context);
        await expect(run).rejects.toMatchObject({
          code: 'SYSTEMD_JOB_FAILED',
          message: expect.stringContaining(`"${result}"`),
          remedy: expect.stringContaining('demo.service'),
        });
      },
    );

    test('a unit that does not exist is told as such', async () => {
      const run = new SystemdStart(client.bus).run({ unit: 'missing.service', mode: 'replace' }, context);
      await expect(run).rejects.toMatchObject({ code: 'SYSTEMD_UNIT_UNKNOWN' });
    });

    test('a second job of the same client does not stumble over being subscribed already', async () => {
      const start = new SystemdStart(client.bus);
      await start.run({ unit: 'demo.service', mode: 'replace' }, context);
      await expect(start.run({ unit: 'demo.service', mode: 'replace' }, context)).resolves.toEqual({ result: 'done' });
    });

    async function afterQueued(happen: () => unknown): Promise<unknown> {
      systemd.result = undefined;
      const run = new SystemdStart(client.bus).run({ unit: 'demo.service', mode: 'replace' }, context);
      const failure = run.catch((error: unknown) => error);
      while (!systemd.called.includes('StartUnit')) await new Promise((resolve) => setImmediate(resolve));
      await client.bus.isActivatable('x');
      await happen();
      return failure;
    }

    test('a job whose end nobody can tell any more fails: systemd left the bus', async () => {
      expect(await afterQueued(() => systemd.leave())).toMatchObject({ code: 'SYSTEMD_JOB_LOST' });
    });

    test('a job whose end nobody can tell any more fails: the bus died', async () => {
      expect(await afterQueued(() => daemon.kill())).toMatchObject({ code: 'SYSTEMD_JOB_LOST' });
    });

    test('a job that its caller gives up on is no longer waited for', async () => {
      expect(await afterQueued(() => abort.abort())).toMatchObject({ code: 'DBUS_CALL_ABORTED' });
    });

    test('nothing is listened to after the job', async () => {
      await new SystemdStart(client.bus).run({ unit: 'demo.service', mode: 'replace' }, context);
      expect(client.bus.matchRules).toBe(0);
    });
  });

  describe('host.reboot and host.poweroff', () => {
    test.each([
      ['Reboot', HostReboot],
      ['PowerOff', HostPoweroff],
    ])('ask systemd for %s, as the founding document does', async (member, PowerAction) => {
      const systemd = await FakeSystemd.join(daemon.socket);
      await new PowerAction(client.bus).run({}, context);
      expect(systemd.called).toEqual([member]);
      systemd.leave();
    });

    test('a bus that dies with the call has accepted it', async () => {
      const systemd = await FakeSystemd.join(daemon.socket);
      systemd.onPower = () => void daemon.kill();
      await expect(new HostReboot(client.bus).run({}, context)).resolves.toBeUndefined();
      systemd.leave();
    });

    test('a systemd that leaves with the call has accepted it', async () => {
      const systemd = await FakeSystemd.join(daemon.socket);
      systemd.onPower = () => void systemd.leave();
      await expect(new HostReboot(client.bus).run({}, context)).resolves.toBeUndefined();
    });

    test('a systemd that does not answer may have heard it: logind is not asked too, and the engine does not try again', async () => {
      const impatient = testClient(daemon.address, { 'call-timeout': '300ms' });
      const systemd = await FakeSystemd.join(daemon.socket);
      const logind = await TestPeer.join(daemon.socket, 'org.freedesktop.login1');
      systemd.onPower = () => undefined;
      await expect(new HostReboot(impatient.bus).run({}, context)).rejects.toMatchObject({
        code: 'DBUS_CALL_TIMEOUT',
        isUncertain: true,
      });
      expect([systemd.called, logind.calls]).toEqual([['Reboot'], []]);
      impatient.dispose();
      logind.leave();
      systemd.leave();
    });

    test('logind is asked where systemd is not on the bus', async () => {
      const logind = await TestPeer.join(daemon.socket, 'org.freedesktop.login1');
      await new HostReboot(client.bus).run({}, context);
      expect(logind.calls.map(({ member, body }) => [member, body])).toEqual([['Reboot', [false]]]);
      logind.leave();
    });

    test('without either of them the action fails', async () => {
      await expect(new HostReboot(client.bus).run({}, context)).rejects.toMatchObject({ code: 'DBUS_SERVICE_UNKNOWN' });
    });
  });

  test.each([
    ['reboot.target'],
    ['poweroff.target'],
    ['systemd-reboot.service'],
    ['halt.target'],
    ['../etc/passwd'],
    ['x'],
  ])('the unit %s cannot be started from a rule', (name) => {
    expect(startableUnitName.safeParse(name).success).toBe(false);
  });

  test.each([['getty@tty1.service'], ['dev-disk-by\\x2duuid-1.device'], ['NetworkManager.service']])(
    'the unit %s can be started from a rule',
    (name) => {
      expect(startableUnitName.safeParse(name).success).toBe(true);
    },
  );
});
