import { action, type Action, type ActionContext } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { dynamic, z } from '../schemas/schema.js';

/** `message: ${{ device.uptime }}` keeps its type on the way here; a log line is text. */
const text = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.custom<Duration>((value) => value instanceof Duration),
    z.date(),
  ])
  .transform((value) => (value instanceof Date ? value.toISOString() : String(value)))
  .meta({ type: 'string' });

const input = z.object({
  message: text,
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  fields: z.record(z.string(), dynamic()).optional().describe('Further facts of the line; any JSON value'),
});

@action({ name: 'log', summary: 'Writes a line to the log.', effects: [], input })
export class LogAction implements Action<z.output<typeof input>, void> {
  async run({ message, level, fields }: z.output<typeof input>, { log }: ActionContext): Promise<void> {
    log.log(level, message, fields && { fields });
  }
}
