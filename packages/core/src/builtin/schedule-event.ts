import { timestamp, z } from '../schemas/schema.js';

export const scheduleEvent = z.object({
  at: timestamp().describe('Calendar time at which it fired'),
  scheduled: timestamp().describe('Calendar time for which it was planned'),
  missed: z.number().describe('Occurrences before this one that did not fire'),
});
export type ScheduleEvent = z.output<typeof scheduleEvent>;
