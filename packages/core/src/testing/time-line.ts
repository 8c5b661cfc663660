import type { styleText } from 'node:util';
import { escapeControls } from '../diagnostics/control-characters.js';
import type { Expectation } from '../config/test-model.js';
import { expectationText, timeText, type Failure } from './judge.js';
import type { Happening } from './test-record.js';
import type { PlayedTest } from './play-test.js';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

const longestLine = 60;
const widestCell = 72;
const mostRows = 80;
const styles = { device: 'bold', change: 'cyan', call: 'green', run: 'dim', state: 'dim', log: 'yellow' } as const;

interface Row {
  readonly at: number;
  readonly happening?: Happening;
  readonly times: number;
  expectation?: Expectation;
}

/** What happened, and beside it what was expected, in the order of time. */
export function timeLine({ test, record, failures }: PlayedTest, paint: Paint): string[] {
  const rows = collapsed(record.happenings);
  for (const expectation of test.expectations) place(expectation, rows, test.end.milliseconds);
  const width = Math.min(widestCell, Math.max(longestLine, ...rows.map((row) => happened(row).length)));
  const failed = new Set(failures.map(({ expectation }: Failure) => expectation));
  const heading = paint('dim', `${'time'.padStart(10)}  ${'what happened'.padEnd(width)}  expected`);
  const lines = rows.map((row) => {
    const text = shorten(happened(row), width).padEnd(width);
    const cell = row.happening ? paint(styles[row.happening.kind], text) : text;
    return `${timeText(row.at).padStart(10)}  ${cell}  ${expected(row, failed, paint)}`.trimEnd();
  });
  const cut = lines.length - mostRows;
  if (cut <= 0) return [heading, ...lines];
  const half = mostRows / 2;
  return [heading, ...lines.slice(0, half), `${' '.repeat(12)}… ${cut} more`, ...lines.slice(-half)];
}

/** Neighbours that say the same become one row. */
function collapsed(happenings: readonly Happening[]): Row[] {
  const rows: Row[] = [];
  for (const happening of happenings) {
    const last = rows.at(-1);
    if (last?.happening?.text === happening.text) rows[rows.length - 1] = { ...last, times: last.times + 1 };
    else rows.push({ at: happening.at, happening, times: 1 });
  }
  return rows;
}

/** Beside the first thing that happened when it was due, or in a row of its own. */
function place(expectation: Expectation, rows: Row[], end: number): void {
  const at =
    expectation.kind === 'state' ? expectation.at.milliseconds : (expectation.between?.from.milliseconds ?? end);
  const next = rows.findIndex((row) => row.at > at);
  const same = rows.find((row) => row.at === at && !row.expectation);
  if (same) same.expectation = expectation;
  else rows.splice(next === -1 ? rows.length : next, 0, { at, times: 1, expectation });
}

function happened({ happening, times }: Row): string {
  return `${escapeControls(happening?.text ?? '')}${times > 1 ? ` (${times} times)` : ''}`;
}

function expected({ expectation }: Row, failed: ReadonlySet<Expectation>, paint: Paint): string {
  if (!expectation) return '';
  const text = escapeControls(expectationText(expectation));
  return failed.has(expectation) ? paint('red', `✗ ${text}`) : paint('green', `✓ ${text}`);
}

function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
