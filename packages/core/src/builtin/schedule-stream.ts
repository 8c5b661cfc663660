import { Cron } from 'croner';
import { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Logger } from '../diagnostics/logger.js';
import { Ledger } from '../ledger/ledger.js';
import { duration, z } from '../schemas/schema.js';
import { canonicalKey } from '../streams/canonical-key.js';
import { eventStream, nothingWaits, type EventStream } from '../streams/stream.js';
import { CronSchedule } from './cron-schedule.js';
import { everySchedule } from './every-schedule.js';
import { type ScheduleEvent, scheduleEvent } from './schedule-event.js';
import { type ScheduleRecord, ScheduleRecords } from './schedule-records.js';

const parameters = z
  .object({
    cron: z.string().optional().describe('Five or six fields (seconds first), or @daily and its kin'),
    every: duration().optional().describe('Distance in device time, counted from the last firing, over restarts too'),
    timezone: z.string().optional().describe('IANA name such as Europe/Berlin; default that of the process (TZ)'),
    'catch-up': z
      .enum(['none', 'once'])
      .default('none')
      .describe(
        'once: occurrences that the clock jumped over, or that passed while nothing ran, are made up for by one event',
      ),
  })
  .superRefine(({ cron, every, timezone }, context) => {
    if ((cron === undefined) === (every === undefined)) {
      context.addIssue({ code: 'custom', message: 'A schedule has either `cron` or `every`.' });
    }
    if (every !== undefined && every.milliseconds < 100) {
      context.addIssue({ code: 'custom', path: ['every'], message: 'A schedule runs every 100ms at most.' });
    }
    if (timezone !== undefined && !isTimezone(timezone)) {
      context.addIssue({ code: 'custom', path: ['timezone'], message: `"${timezone}" is not a time zone.` });
    } else if (cron !== undefined) {
      const fault = cronFault(cron);
      if (fault) context.addIssue({ code: 'custom', path: ['cron'], message: fault });
    }
  });
type ScheduleParameters = z.output<typeof parameters>;

@eventStream({
  name: 'schedule',
  summary: 'Times of the calendar, or a fixed distance.',
  internal: true,
  parameters,
  value: scheduleEvent,
})
export class ScheduleStream implements EventStream<ScheduleParameters, ScheduleEvent> {
  readonly catchUp = nothingWaits;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly ledger: Ledger,
    private readonly records: ScheduleRecords,
  ) {}

  open(parameters: ScheduleParameters): Observable<ScheduleEvent> {
    return new Observable<ScheduleEvent>((subscriber) => {
      const record = this.records.open(canonicalKey(parameters));
      subscriber.add(() => record.close());
      subscriber.add(this.#start(parameters, record, (event) => subscriber.next(event)));
    });
  }

  /** @returns ends it */
  #start(
    { cron, every, timezone, 'catch-up': catchUp }: ScheduleParameters,
    record: ScheduleRecord,
    fire: (event: ScheduleEvent) => void,
  ): () => void {
    const { clock, log, ledger } = this;
    if (every) return everySchedule({ clock, deviceTime: () => ledger.deviceTime() }, every, record, fire);
    const schedule = new CronSchedule(clock, log, { cron: cron!, timezone, catchUp }, record, fire);
    return () => schedule.stop();
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function cronFault(pattern: string): string | undefined {
  try {
    return new Cron(pattern) && undefined;
  } catch (error) {
    return `"${pattern}" is not a cron pattern: ${(error as Error).message.replace(/^Cron\w+: /, '')}`;
  }
}
