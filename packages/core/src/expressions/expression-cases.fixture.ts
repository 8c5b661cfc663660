import { Duration } from '../clock/duration.js';
import type { FieldType, ValueType } from '../schemas/value-type.js';
import { CelCompiler } from './cel-compiler.js';
import type { Bindings, Expression, Variables } from './expression.js';
import { plainSource } from './source-text.js';

const field = (type: ValueType, optional = false): FieldType => ({ type, optional });
const number: ValueType = { kind: 'number' };
const text: ValueType = { kind: 'string' };
const boolean: ValueType = { kind: 'boolean' };

/** The names of the tests, with the values behind them. */
export const variables: Variables = {
  ntp: { kind: 'object', fields: { NTP: field(boolean), NTPSynchronized: field(boolean) } },
  device: {
    kind: 'object',
    fields: {
      uptime: field({ kind: 'duration' }),
      load: field(number),
      bootedAt: field({ kind: 'timestamp' }),
      hostname: field(text),
    },
  },
  event: {
    kind: 'object',
    fields: {
      label: field(text, true),
      size: field(number, true),
      properties: field({ kind: 'map', value: text }),
      parts: field({ kind: 'list', element: { kind: 'object', fields: { name: field(text), size: field(number) } } }),
      data: field({ kind: 'dynamic' }),
      connectivity: field({ kind: 'string', values: ['full', 'limited', 'none'] }),
    },
  },
  count: number,
};

export const bindings: Bindings = {
  ntp: { NTP: true, NTPSynchronized: false },
  device: {
    uptime: Duration.parse('45m'),
    load: 1.5,
    bootedAt: new Date('2026-03-01T10:20:30.400Z'),
    hostname: 'Pump-7',
  },
  event: {
    properties: { ID_BUS: 'usb', ID_FS_USAGE: 'filesystem' },
    parts: [
      { name: 'sda1', size: 10 },
      { name: 'sda2', size: 20 },
    ],
    data: { id: 7, list: [1, 2, 3], nothing: null },
    connectivity: 'full',
  },
  count: 3,
};

export function compiled(source: string, expected?: ValueType): Expression {
  const result = new CelCompiler().compile(plainSource(source), variables, expected);
  if (!result.ok)
    throw new Error(`"${source}" was refused: ${result.diagnostics.map((found) => found.message).join(' ')}`);
  return result.value;
}

/** Each finding as `CODE @ the text it points at`. */
export function findings(source: string, expected?: ValueType): readonly string[] {
  const result = new CelCompiler().compile(plainSource(source), variables, expected);
  if (result.ok) return [];
  return result.diagnostics.map(
    ({ code, range }) => `${code} @ ${source.slice(range!.start.offset, range!.end.offset)}`,
  );
}
