import { access, constants } from 'node:fs/promises';
import type { Clock } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import { DeviceError } from '../../diagnostics/device-error.js';
import { askEngine } from './control-client.js';
import { prepareSocketFolder } from './socket-folder.js';

/** An event loop that is blocked for longer than this is not merely busy. */
const patience = Duration.parse('5s');

export interface Health {
  /** Whether all is well as far as a restart of the container could mend it. */
  readonly healthy: boolean;
  readonly detail: string;
}

/**
 * Unhealthy only when a restart helps, because who asks may be an engine that restarts what is unhealthy for ever: no
 * engine answers, its event loop is blocked, or it has stopped. An answer of any kind shows that the loop turns. Where the
 * socket cannot be, because of the folder, an engine runs without one: that says nothing about its health.
 */
export async function healthOf(folder: string, clock: Clock): Promise<Health> {
  try {
    const { state } = (await askEngine(folder, clock, { command: 'health', timeout: patience })) as { state: string };
    return { healthy: state !== 'stopped', detail: `the engine is ${state}` };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    const { code, message } = error;
    if (code === 'CONTROL_TIMEOUT') return { healthy: false, detail: message };
    if (code !== 'ENGINE_NOT_RUNNING') return { healthy: true, detail: `nothing is known against it: ${message}` };
    const obstacle = await obstacleOf(folder);
    return obstacle === undefined
      ? { healthy: false, detail: message }
      : { healthy: true, detail: `an engine could have no socket here, so nothing is known: ${obstacle}` };
  }
}

/** Why an engine could not have opened its socket in this folder. */
async function obstacleOf(folder: string): Promise<string | undefined> {
  try {
    await prepareSocketFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
