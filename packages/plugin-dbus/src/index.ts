/** D-Bus and systemd of the host, for rules and for plugins that inject {@link BusClient}. */
import 'reflect-metadata';
import { definePlugin } from '@devicerc/core';
import { DbusCall } from './actions/dbus-call.js';
import { HostPoweroff, HostReboot } from './actions/host-power.js';
import { SystemdReload, SystemdRestart, SystemdStart, SystemdStop } from './actions/systemd-jobs.js';
import { BusClient } from './bus/bus-client.js';
import { busErrorTable } from './errors.js';
import { busOptions } from './options.js';
import { LogindPower } from './power/logind-power.js';
import { SystemdPower } from './power/systemd-power.js';
import { DbusName } from './streams/dbus-name.js';
import { DbusProperties } from './streams/dbus-properties.js';
import { DbusSignal } from './streams/dbus-signal.js';
import { SystemdUnit } from './streams/systemd-unit.js';

export { BusClient, type Availability, type CallOptions } from './bus/bus-client.js';
export type { MatchRule } from './bus/match-rule.js';
export type { MethodCall, Signal } from './bus/message.js';
export { watchProperties, type Properties, type WatchedProperties } from './bus/property-watch.js';
export { DbusName } from './streams/dbus-name.js';
export { DbusProperties } from './streams/dbus-properties.js';
export { DbusSignal } from './streams/dbus-signal.js';
export { SystemdUnit } from './streams/systemd-unit.js';
export { systemBus } from './system-bus.js';

export default definePlugin({
  name: '@devicerc/plugin-dbus',
  api: '^1.0.0',
  options: busOptions,
  services: [BusClient],
  streams: [DbusSignal, DbusProperties, DbusName, SystemdUnit],
  actions: [DbusCall, SystemdStart, SystemdStop, SystemdRestart, SystemdReload, HostReboot, HostPoweroff],
  powerControls: [SystemdPower, LogindPower],
  errors: busErrorTable,
});
