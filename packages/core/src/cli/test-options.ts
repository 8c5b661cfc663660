export interface TestOptions {
  readonly filter?: string;
  readonly watch?: true;
  readonly json?: true;
  readonly junit?: string;
}
