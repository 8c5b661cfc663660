import { coreError } from '../diagnostics/core-errors.js';

export interface CalendarFields {
  readonly year: number;
  /** From 0, as CEL counts (https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions). */
  readonly month: number;
  /** Day of the month from 1. */
  readonly day: number;
  /** From 0 for Sunday. */
  readonly weekday: number;
  /** Day of the year from 0. */
  readonly yearDay: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly milliseconds: number;
}

/** The calendar fields of a point in time in a time zone of the IANA database; default UTC. */
export function calendarFields(time: Date, timeZone = 'UTC'): CalendarFields {
  const local = timeZone === 'UTC' ? time : shiftedTo(time, timeZone);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: local.getUTCMilliseconds(),
  };
}

/** The instant whose UTC fields read as the local fields of the given one. */
function shiftedTo(time: Date, timeZone: string): Date {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw coreError('EXPRESSION_FAILED', `"${timeZone}" is not a time zone.`, { cause });
  }
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name)!;
  return new Date(
    Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
      time.getUTCMilliseconds(),
    ),
  );
}
