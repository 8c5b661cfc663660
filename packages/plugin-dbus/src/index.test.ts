import { RealClock, VirtualClock } from '@devicerc/core';
import { FakeHost, startPlugin } from '@devicerc/core/testing';
import { describe, expect, test } from '@jest/globals';
import { DbusCall } from './actions/dbus-call.js';
import { BusClient } from './bus/bus-client.js';
import { theBus } from './bus/message.js';
import { PrivateBus } from './bus/private-bus.fixture.js';
import { busErrorTable } from './errors.js';
import { busOptions } from './options.js';
import { DbusName } from './streams/dbus-name.js';
import { DbusSignal } from './streams/dbus-signal.js';
import plugin from './index.js';

describe('plugin-dbus', () => {
  test('every stream, action and power control can be built by injection, and all share one bus client', async () => {
    const started = await startPlugin(plugin);
    const bus = started.service(BusClient);
    for (const part of [...plugin.streams!, ...plugin.actions!, ...plugin.powerControls!]) {
      expect(Reflect.get(Object(started.service(part)), 'bus')).toBe(bus);
    }
    expect(await started.stop()).toEqual([]);
  });

  test('its streams and actions meet a real bus, where the options say, and leave nothing there', async () => {
    const daemon = await PrivateBus.start();
    const clock = new RealClock();
    const started = await startPlugin(plugin, { options: { address: daemon.address }, clock });
    const name = started.stream(DbusName, { name: theBus.destination });
    expect(await name.next()).toEqual({ owned: true, owner: theBus.destination });
    const signals = started.stream(DbusSignal, { sender: theBus.destination }, [{ member: 'NameOwnerChanged' }]);
    const { values } = await started.action(DbusCall)({
      ...theBus,
      member: 'RequestName',
      signature: 'su',
      args: ['org.example.Kit', 0],
    });
    expect(values).toEqual([1]);
    expect(await signals.next()).toMatchObject({ member: 'NameOwnerChanged', arg0: 'org.example.Kit' });
    expect(await started.stop()).toEqual([]);
    clock.dispose();
    await daemon.dispose();
  });

  test('starting it neither connects nor starts a timer of its own', async () => {
    const host = new FakeHost();
    const clock = new VirtualClock();
    const idle = await startPlugin(plugin, { host, clock });
    idle.service(BusClient);
    expect(clock.pendingTimers.filter((timer) => /bus|connect/i.test(timer))).toEqual([]);
    expect([idle.log, await idle.stop()]).toEqual([[], []]);
    host.dispose();
  });

  test.each([
    [{ address: '' }],
    [{ adress: 'unix:path=/x' }],
    [{ 'call-timeout': 25 }],
    [{ 'reconnect-delay': '2 minutes' }],
  ])('the options %j are refused', (options) => {
    expect(busOptions.safeParse(options).success).toBe(false);
  });

  test('every error code has a summary and a remedy', () => {
    for (const [code, entry] of Object.entries(busErrorTable)) {
      expect(code).toMatch(/^(?:DBUS|SYSTEMD)_[A-Z_]+$/);
      expect(entry.summary).toMatch(/\.$/);
      expect(entry.remedy).not.toBe('');
    }
  });
});
