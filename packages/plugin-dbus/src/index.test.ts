import { Clock, HostEnvironment, Logger, PluginOptions, VirtualClock } from '@devicerc/core';
import { describe, expect, test } from '@jest/globals';
import { Container, type Newable } from 'inversify';
import { PlainHost, RecordingLogger } from './bus/bus-client.fixture.js';
import { BusClient } from './bus/bus-client.js';
import { busErrorTable } from './errors.js';
import { busOptions } from './options.js';
import plugin from './index.js';

function container(): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.bind(Clock).toConstantValue(new VirtualClock());
  container.bind(Logger).toConstantValue(new RecordingLogger());
  container.bind(HostEnvironment).toConstantValue(new PlainHost('/nonexistent'));
  container.bind(PluginOptions).toConstantValue(busOptions.parse({}));
  container.bind(BusClient).toSelf();
  return container;
}

describe('plugin-dbus', () => {
  test('every stream, action and power control can be built by injection, and all share one bus client', () => {
    const injector = container();
    const parts = [...plugin.streams!, ...plugin.actions!, ...plugin.powerControls!];
    for (const part of parts as unknown as Newable<{ bus: BusClient }>[]) {
      injector.bind(part).toSelf();
      expect(injector.get(part).bus).toBe(injector.get(BusClient));
    }
  });

  test('building it neither connects nor starts a timer', () => {
    const injector = container();
    injector.get(BusClient);
    expect((injector.get(Clock) as VirtualClock).pendingTimers).toEqual([]);
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
