import { readFile, realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import { describeError } from '../../diagnostics/user-message.js';
import { askEngine } from './control-client.js';
import { socketName } from './protocol.js';
import { prepareSocketFolder } from './socket-folder.js';
import { tryToListen } from './socket-name.js';

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
 * socket cannot be, an engine runs without one: that says nothing about its health.
 */
export async function healthOf(folder: string, clock: Clock): Promise<Health> {
  try {
    const { state } = (await askEngine(folder, clock, { command: 'health', timeout: patience })) as { state: string };
    return { healthy: state !== 'stopped', detail: `the engine is ${state}` };
  } catch (error) {
    const { code, message } = describeError(error);
    if (code === 'CONTROL_TIMEOUT') return { healthy: false, detail: message };
    if (code !== 'ENGINE_NOT_RUNNING') return { healthy: true, detail: `nothing is known against it: ${message}` };
    const obstacle = await obstacleOf(folder);
    return obstacle === undefined
      ? { healthy: false, detail: message }
      : { healthy: true, detail: `an engine could have no socket here, so nothing is known: ${obstacle}` };
  }
}

/** Why an engine could not have opened its socket in this folder: what it does at its start is tried. */
async function obstacleOf(folder: string): Promise<string | undefined> {
  try {
    await prepareSocketFolder(folder);
    await tryToListen(createServer(), folder);
    const path = join(await realpath(folder), socketName);
    return (await isMountPoint(path)) ? `${path} is mounted, so that no other socket can take its place.` : undefined;
  } catch (error) {
    return describeError(error).message;
  }
}

/** The fifth field of each line is a mount point, with spaces as `\040` (proc_pid_mountinfo(5)). */
async function isMountPoint(path: string): Promise<boolean> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table.split('\n').some((line) => line.split(' ')[4] === path.replaceAll(' ', String.raw`\040`));
}
