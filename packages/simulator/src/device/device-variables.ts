import { join } from 'node:path';

/**
 * The environment of a container on the device: the table of the balena documentation ("Communicate outside the
 * container"), the address of the bus, and where an engine keeps its state. Secrets of the caller are passed on; the
 * secret `hook` is the device's own webhook receiver.
 */
export function deviceVariables(
  folder: string,
  busAddress: string | undefined,
  webhookUrl: string,
): Readonly<Record<string, string | undefined>> {
  return {
    ...callerSecrets(),
    PATH: process.env['PATH'],
    BALENA: '1',
    BALENA_APP_ID: '157270',
    BALENA_APP_NAME: 'Example',
    BALENA_DEVICE_NAME_AT_INIT: 'damp-haze',
    BALENA_DEVICE_TYPE: 'raspberrypi3',
    BALENA_DEVICE_UUID: 'cb6f09d18ab4c08556f54a5bd7cfd353d4907c4a61998ba8a54cd9f2abc5ee',
    BALENA_HOST_OS_VERSION: 'balenaOS 6.1.24',
    BALENA_SERVICE_NAME: 'devicerc',
    BALENA_SUPERVISOR_VERSION: '17.0.1',
    DBUS_SYSTEM_BUS_ADDRESS: busAddress,
    DEVICERC_RUNTIME: join(folder, 'run/devicerc'),
    DEVICERC_STATE: join(folder, 'data/devicerc'),
    DEVICERC_SECRET_HOOK: webhookUrl,
  };
}

function callerSecrets(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('DEVICERC_SECRET_')));
}
