import { styleText } from 'node:util';
import type { Clock } from '../clock/clock.js';
import { escapeControls } from '../diagnostics/control-characters.js';
import { Logger, type LogFields, type LogLevel } from '../diagnostics/logger.js';
import type { SecretMask } from './secret-mask.js';

export type LogFormat = 'json' | 'pretty';

export interface LogWriterOptions {
  readonly clock: Clock;
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly color: boolean;
  readonly mask: SecretMask;
  /** Takes one line with its line feed. */
  readonly write: (line: string) => void;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const colors = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' } as const;
const reservedFields = new Set(['time', 'level', 'message']);
/** Writes log lines: JSON for machines, short lines for people. Secrets are masked, control characters are escaped. */
export class LogWriter extends Logger {
  constructor(
    private readonly options: LogWriterOptions,
    private readonly fields: LogFields = {},
  ) {
    super();
  }

  override child(fields: LogFields): Logger {
    return new LogWriter(this.options, { ...this.fields, ...fields });
  }

  override log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { clock, format, mask, write } = this.options;
    if (levels.indexOf(level) < levels.indexOf(this.options.level)) return;
    const time = new Date(clock.wall().milliseconds).toISOString();
    const masked = mask.text(message);
    const own = plainFields(this.fields);
    const facts = { ...(mask.value(plainFields(fields)) as LogFields), ...(mask.structure(own) as LogFields) };
    const line =
      format === 'json'
        ? escapeControls(JSON.stringify({ time, level, message: masked, ...facts }))
        : this.pretty(time, level, masked, facts);
    write(`${line}\n`);
  }

  private pretty(time: string, level: LogLevel, message: string, facts: LogFields): string {
    const { rule, plugin, stream, ...rest } = facts;
    const source = rule ?? stream ?? plugin;
    const details = Object.entries(rest).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
      this.options.color ? styleText(style, text, { validateStream: false }) : text;
    return [
      paint('gray', time.slice(11, 23)),
      paint(colors[level], level.padEnd(5)),
      ...(source === undefined ? [] : [paint('bold', escapeControls(String(source)))]),
      escapeControls(message),
      ...(details.length > 0 ? [paint('gray', escapeControls(details.join(' ')))] : []),
    ].join('  ');
  }
}

/** What JSON can hold of the fields: errors by their message, big integers as text; a field with a circle is named only. */
function plainFields(fields: LogFields): LogFields {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const free = reservedFields.has(name) ? `${name}_` : name;
    try {
      plain[free] = JSON.parse(JSON.stringify(value, plainItem)) as unknown;
    } catch {
      plain[free] = '[not JSON]';
    }
  }
  return plain;
}

function plainItem(_key: string, item: unknown): unknown {
  if (typeof item === 'bigint') return item.toString();
  if (item instanceof Error) return { name: item.name, message: item.message };
  return item;
}
