import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { Lost } from '@devicerc/core';
import { describe, expect, test } from '@jest/globals';
import { Seen, testClient } from '../bus/bus-client.fixture.js';
import { PrivateBus } from '../bus/private-bus.fixture.js';
import { DbusProperties } from './dbus-properties.js';

const timedated = '/lib/systemd/systemd-timedated';
const isInstalled = existsSync(timedated);
const whereInstalled = isInstalled ? describe : describe.skip;

whereInstalled(`the real systemd-timedated${isInstalled ? '' : ` (left out: there is no ${timedated})`}`, () => {
  test('tells NTPSynchronized, although it cannot tell NTP without systemd, and is lost when it ends', async () => {
    const daemon = await PrivateBus.start();
    const client = testClient(daemon.address);
    const environment = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: daemon.address };
    const service = spawn(timedated, [], { env: environment, stdio: 'ignore' });
    const seen = new Seen(
      new DbusProperties(client.bus, client.clock).open({
        destination: 'org.freedesktop.timedate1',
        path: '/org/freedesktop/timedate1',
        properties: { NTPSynchronized: 'b', Timezone: 's', TimeUSec: 't' },
      }),
    );
    const state = await seen.until((value) => !(value instanceof Lost));
    expect(state).toEqual({
      NTPSynchronized: expect.any(Boolean),
      Timezone: expect.any(String),
      TimeUSec: expect.any(Number),
    });
    const ended = once(service, 'exit');
    service.kill();
    await ended;
    await seen.until((value) => value instanceof Lost);
    seen.stop();
    client.dispose();
    await daemon.dispose();
  });
});
