/** Offsets into the text of the expression, end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}
