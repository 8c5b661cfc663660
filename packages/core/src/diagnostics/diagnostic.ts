/** A place in a text file; line and column count from 1, offset from 0, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A stretch of a file, end excluded. */
export interface SourceRange {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

/** An `error` keeps a file from being put in force; a `warning` and a `hint` do not. */
export type Severity = 'error' | 'warning' | 'hint';

/** One finding about the user's file: what is wrong, where, and what to do. */
export interface Diagnostic {
  /** A key of the error table of the package that found it; docs/errors.md lists them all. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do about it, in a sentence. */
  readonly remedy?: string;
  /** Left out: it is about no place in a file. */
  readonly range?: SourceRange;
}
