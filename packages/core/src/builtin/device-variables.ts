import type { ContainerFacts } from '../host/container-facts.js';
import { z } from '../schemas/schema.js';

/**
 * What balenaOS tells a container about its device, as `BALENA_X` and, for old programs, as `RESIN_X`. Sources: the page
 * "Communicate outside the container" of the balena documentation and `extendEnvVars` in balena-supervisor. All of it is
 * optional: versions differ, labels decide, and a plain Linux machine has none.
 */
export const deviceVariables = {
  uuid: z.string().describe('DEVICE_UUID: the device on balena; 32 or 62 hexadecimal digits'),
  type: z.string().describe('DEVICE_TYPE: such as raspberrypi4-64'),
  name: z.string().describe('DEVICE_NAME_AT_INIT: the name when the container was created; old after a rename'),
  appId: z.number().describe('APP_ID: number of the fleet'),
  appName: z.string().describe('APP_NAME: name of the fleet'),
  appUuid: z.string().describe('APP_UUID: UUID of the fleet'),
  serviceName: z.string().describe('SERVICE_NAME: key of the service in docker-compose.yml'),
  hostOsVersion: z.string().describe('HOST_OS_VERSION: such as "balenaOS 2.20.0"'),
  hostOsBoardRev: z.string().describe('HOST_OS_BOARD_REV: board revision; label io.balena.features.host-os.board-rev'),
  hostOsBuild: z.string().describe('HOST_OS_BUILD: build of the host OS; label io.balena.features.host-os.board-rev'),
  supervisorVersion: z.string().describe('SUPERVISOR_VERSION: only set by old Supervisors'),
  supervisorAddress: z.string().describe('SUPERVISOR_ADDRESS: URL; label io.balena.features.supervisor-api'),
  supervisorHost: z.string().describe('SUPERVISOR_HOST; label io.balena.features.supervisor-api'),
  supervisorPort: z.number().describe('SUPERVISOR_PORT; label io.balena.features.supervisor-api'),
  apiUrl: z.string().describe('API_URL: the balena API; label io.balena.features.balena-api'),
  deviceRestart: z.string().describe('DEVICE_RESTART: internal to old Supervisors'),
  appLockPath: z.string().describe('APP_LOCK_PATH: the update lock'),
  handoverCompletePath: z.string().describe('SERVICE_HANDOVER_COMPLETE_PATH: file that ends a hand-over'),
  logsLevel: z.string().describe('LOGS_LEVEL: which lines the Supervisor ships; set by the user'),
};

export type DeviceVariables = { readonly [Field in keyof typeof deviceVariables]?: string | number };

/** The variable behind each field, without its prefix. */
const variableNames: Readonly<Record<keyof typeof deviceVariables, string>> = {
  uuid: 'DEVICE_UUID',
  type: 'DEVICE_TYPE',
  name: 'DEVICE_NAME_AT_INIT',
  appId: 'APP_ID',
  appName: 'APP_NAME',
  appUuid: 'APP_UUID',
  serviceName: 'SERVICE_NAME',
  hostOsVersion: 'HOST_OS_VERSION',
  hostOsBoardRev: 'HOST_OS_BOARD_REV',
  hostOsBuild: 'HOST_OS_BUILD',
  supervisorVersion: 'SUPERVISOR_VERSION',
  supervisorAddress: 'SUPERVISOR_ADDRESS',
  supervisorHost: 'SUPERVISOR_HOST',
  supervisorPort: 'SUPERVISOR_PORT',
  apiUrl: 'API_URL',
  deviceRestart: 'DEVICE_RESTART',
  appLockPath: 'APP_LOCK_PATH',
  handoverCompletePath: 'SERVICE_HANDOVER_COMPLETE_PATH',
  logsLevel: 'LOGS_LEVEL',
};

/** The fields whose variables are set. A number that does not read as one is left out: a user may override any variable. */
export function readDeviceVariables(container: ContainerFacts): DeviceVariables {
  const values: Record<string, string | number> = {};
  for (const [field, name] of Object.entries(variableNames)) {
    const text = container.variable(name);
    if (text === undefined) continue;
    const isNumber = deviceVariables[field as keyof typeof deviceVariables] instanceof z.ZodNumber;
    const value = isNumber ? Number(text) : text;
    if (!Number.isNaN(value)) values[field] = value;
  }
  return values;
}

/** Names of processor families as balena writes them, by those of Node (process.arch). */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'aarch64',
  arm: 'armv7hf',
  ia32: 'i386',
};

export function deviceArchitecture(container: ContainerFacts): string {
  return container.variable('DEVICE_ARCH') ?? architectures[process.arch] ?? process.arch;
}
