import { styleText } from 'node:util';
import { codeFrame } from './code-frame.js';
import { escapeControls, escapeLines } from './control-characters.js';
import type { Diagnostic, Severity } from './diagnostic.js';

export interface ReportOptions {
  readonly color: boolean;
}

const colors = { error: 'red', warning: 'yellow', hint: 'cyan' } as const satisfies Record<Severity, string>;

/** All findings as text for a terminal, in the order of their places, each with the code it is about and what to do. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  readSource: (file: string) => string | undefined,
  { color }: ReportOptions,
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  return inOrder(diagnostics)
    .map(({ code, severity, message, remedy, range }) => {
      const place = range ? `${escapeControls(range.file)}:${range.start.line}:${range.start.column} ` : '';
      const source = range && readSource(range.file);
      const frame = range && source !== undefined ? [indented(escapeLines(codeFrame(source, range)))] : [];
      const advice = remedy === undefined ? [] : [indented(paint('dim', escapeLines(remedy)))];
      return [
        `${place}${paint(colors[severity], severity)} ${escapeLines(message)} [${code}]`,
        ...frame,
        ...advice,
      ].join('\n');
    })
    .join('\n\n');
}

/** The findings in the order of their places, ready for JSON. */
export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return inOrder(diagnostics).map(({ code, severity, message, remedy, range }) => ({
    code,
    severity,
    message,
    ...(remedy !== undefined && { remedy }),
    ...(range && { range }),
  }));
}

/** By file, then by place; findings about no file come first. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (left, right) =>
      (left.range?.file ?? '').localeCompare(right.range?.file ?? '') ||
      (left.range?.start.line ?? 0) - (right.range?.start.line ?? 0) ||
      (left.range?.start.column ?? 0) - (right.range?.start.column ?? 0),
  );
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
