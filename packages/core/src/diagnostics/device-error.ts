import type { Diagnostic, Severity, SourceRange } from './diagnostic.js';

export interface ErrorEntry {
  /** What this code means, for the reference page. */
  readonly summary: string;
  /** What to do about it; shown unless the thrower knows better. */
  readonly remedy: string;
}

/** The errors of one package, by code: upper case with underscores, unique over all packages. */
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

export interface ErrorDetails {
  /** Default: that of the table. */
  readonly remedy?: string;
  /** Left out: it is about no place in a file. */
  readonly range?: SourceRange;
  /** What was thrown below; never shown to a user. */
  readonly cause?: unknown;
  /**
   * Of an action: the other side has said no, and would say so again, such as to a request that it does not understand. The
   * outbox gives a message up after a few of these, while it goes on without end for a reason that may pass. Default false.
   */
  readonly isFinal?: boolean;
  /**
   * Of an action: nobody knows whether it took effect, as after a call without a reply. One that reboots or shuts down is not
   * tried again then, and its intent gets its time. Default false.
   */
  readonly isUncertain?: boolean;
}

/** The only error a user sees: a stable code, what happened, where, and what to do. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly remedy: string;
  readonly range: SourceRange | undefined;
  readonly isFinal: boolean;
  readonly isUncertain: boolean;

  constructor(
    readonly code: string,
    message: string,
    details: ErrorDetails & { readonly remedy: string },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.remedy = details.remedy;
    this.range = details.range;
    this.isFinal = details.isFinal ?? false;
    this.isUncertain = details.isUncertain ?? false;
  }

  toDiagnostic(): Diagnostic {
    return {
      code: this.code,
      severity: 'error',
      message: this.message,
      remedy: this.remedy,
      ...(this.range && { range: this.range }),
    };
  }
}

/** Several findings thrown as one, so that a user mends a file in one go. */
export class DiagnosticsError extends Error {
  override readonly name = 'DiagnosticsError';

  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => `${diagnostic.code}: ${diagnostic.message}`).join('\n'));
  }
}

/** The two ways to tell of an entry of a table: to throw it, or to add it to the findings about a file. */
export interface ErrorFactory<Table extends ErrorTable> {
  error(code: keyof Table & string, message: string, details?: ErrorDetails): DeviceError;
  diagnostic(
    code: keyof Table & string,
    message: string,
    details?: Omit<ErrorDetails, 'cause'> & { readonly severity?: Severity },
  ): Diagnostic;
}

/** Binds the errors of one package to its table, so that no code exists outside of it. */
export function errorsOf<Table extends ErrorTable>(table: Table): ErrorFactory<Table> {
  return {
    error: (code, message, details = {}) =>
      new DeviceError(code, message, { ...details, remedy: details.remedy ?? table[code]!.remedy }),
    diagnostic: (code, message, { severity = 'error', remedy, range } = {}) => ({
      code,
      severity,
      message,
      remedy: remedy ?? table[code]!.remedy,
      ...(range && { range }),
    }),
  };
}
