import { interface as service } from 'dbus-next';
import type { Clock } from '@devicerc/core';

/** What systemd-timedated says about network time. */
export interface NetworkTime {
  /** Whether systemd-timesyncd is switched on; balenaOS uses chrony since 2.13.1, so it says nothing about success. */
  readonly NTP: boolean;
  /** Whether the kernel's maximum error is below 16 s (adjtimex(2)). */
  readonly NTPSynchronized: boolean;
}

/**
 * org.freedesktop.timedate1(5) on /org/freedesktop/timedate1, with the properties that the balena documentation shows.
 * As the real one, it sends PropertiesChanged for `NTP` and never for `NTPSynchronized`.
 */
export class TimedateService extends service.Interface {
  readonly Timezone = 'UTC';
  readonly LocalRTC = false;
  readonly CanNTP = true;
  NTP: boolean;
  NTPSynchronized: boolean;

  constructor(
    private readonly clock: Clock,
    time: NetworkTime,
  ) {
    super('org.freedesktop.timedate1');
    this.NTP = time.NTP;
    this.NTPSynchronized = time.NTPSynchronized;
  }

  get TimeUSec(): bigint {
    return BigInt(Math.trunc(this.clock.wall().milliseconds)) * 1000n;
  }

  /** A battery-backed clock counts whole seconds. */
  get RTCTimeUSec(): bigint {
    return (this.TimeUSec / 1_000_000n) * 1_000_000n;
  }

  set(time: NetworkTime): void {
    const switched = this.NTP !== time.NTP;
    this.NTP = time.NTP;
    this.NTPSynchronized = time.NTPSynchronized;
    if (switched) service.Interface.emitPropertiesChanged(this, { NTP: time.NTP }, []);
  }
}

TimedateService.configureMembers({
  properties: {
    Timezone: { signature: 's', access: service.ACCESS_READ },
    LocalRTC: { signature: 'b', access: service.ACCESS_READ },
    CanNTP: { signature: 'b', access: service.ACCESS_READ },
    NTP: { signature: 'b', access: service.ACCESS_READ },
    NTPSynchronized: { signature: 'b', access: service.ACCESS_READ },
    TimeUSec: { signature: 't', access: service.ACCESS_READ },
    RTCTimeUSec: { signature: 't', access: service.ACCESS_READ },
  },
});
