import { filter, firstValueFrom, fromEvent, map, merge, ReplaySubject, type Observable } from 'rxjs';
import { busError } from '../errors.js';
import type { BusClient } from '../bus/bus-client.js';
import type { Signal } from '../bus/message.js';
import { errorNameOf } from '../bus/reply-error.js';
import { subscribeToManager, systemd } from './manager.js';

export type JobMethod = 'StartUnit' | 'StopUnit' | 'RestartUnit' | 'ReloadUnit';
/** What systemd does about jobs that are in the way, see `--job-mode` in systemctl(1). */
export const jobModes = [
  'replace',
  'fail',
  'replace-irreversibly',
  'isolate',
  'ignore-dependencies',
  'ignore-requirements',
] as const;

export interface Job {
  readonly method: JobMethod;
  readonly unit: string;
  readonly mode: (typeof jobModes)[number];
}

const unknownUnit = [
  'org.freedesktop.systemd1.NoSuchUnit',
  'org.freedesktop.systemd1.UnitMasked',
  'org.freedesktop.systemd1.LoadFailed',
  'org.freedesktop.systemd1.BadUnitSetting',
];

/**
 * Queues a job and waits until systemd says how it ended (JobRemoved). There is no limit of its own: units have theirs.
 * @returns `done`, or `skipped` when there was nothing to do
 * @throws DeviceError `SYSTEMD_UNIT_UNKNOWN`, `SYSTEMD_JOB_FAILED` (with canceled, timeout, failed, dependency, …),
 * `SYSTEMD_JOB_LOST`, and those of {@link BusClient.call}
 */
export async function runJob(bus: BusClient, job: Job, signal: AbortSignal): Promise<string> {
  // The job may be over before we learn its path, so that every end since the call is kept.
  const removals = new ReplaySubject<Signal>();
  const listening = bus
    .signals({ sender: systemd.destination, path: systemd.path, interface: systemd.interface, member: 'JobRemoved' })
    .subscribe(removals);
  try {
    await subscribeToManager(bus, { signal });
    const path = await queue(bus, job, signal);
    const result = await firstValueFrom(merge(resultOf(path, removals), interruption(bus, job, signal)));
    if (result === 'done' || result === 'skipped') return result;
    throw busError('SYSTEMD_JOB_FAILED', `${job.method} of ${job.unit} ended with the result "${result}".`, {
      remedy: `Read the journal of the unit on the host: journalctl --unit ${job.unit}.`,
    });
  } finally {
    listening.unsubscribe();
  }
}

/** @returns the object path of the job */
async function queue(bus: BusClient, { method, unit, mode }: Job, signal: AbortSignal): Promise<unknown> {
  try {
    const [path] = await bus.call({ ...systemd, member: method, signature: 'ss', args: [unit, mode] }, { signal });
    return path;
  } catch (error) {
    if (!unknownUnit.includes(errorNameOf(error) ?? '')) throw error;
    throw busError('SYSTEMD_UNIT_UNKNOWN', (error as Error).message, { cause: error });
  }
}

function resultOf(path: unknown, removals: Observable<Signal>): Observable<string> {
  return removals.pipe(
    filter(({ args }) => args[1] === path),
    map(({ args }) => String(args[3])),
  );
}

/** Errors when the result can no longer arrive; emits nothing. */
function interruption(bus: BusClient, { method, unit }: Job, signal: AbortSignal): Observable<never> {
  const isLost = bus.availability.pipe(filter(({ available }) => !available));
  const isGone = bus.nameOwner(systemd.destination).pipe(filter((owner) => owner === undefined));
  const fail = (code: 'SYSTEMD_JOB_LOST' | 'DBUS_CALL_ABORTED', reason: string) =>
    map((): never => {
      throw busError(code, `The result of ${method} of ${unit} is unknown: ${reason}.`);
    });
  return merge(
    merge(isLost, isGone).pipe(fail('SYSTEMD_JOB_LOST', 'the connection to systemd was lost')),
    fromEvent(signal, 'abort').pipe(fail('DBUS_CALL_ABORTED', 'its caller did not wait for it')),
  );
}
