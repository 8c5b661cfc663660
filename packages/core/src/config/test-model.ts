import type { Duration } from '../clock/duration.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Expression } from '../expressions/expression.js';
import type { Quality } from '../streams/reading.js';

/** One entry of `tests:`: a device in virtual time, what happens to it, and what has to come of it. */
export interface TestModel {
  readonly name: string;
  readonly range: SourceRange;
  readonly given: readonly GivenReading[];
  readonly answers: readonly ActionAnswer[];
  /** In the order of time. */
  readonly moments: readonly TestMoment[];
  readonly expectations: readonly Expectation[];
  /** Time since the start: the first `end: true`, else the last time that the test names. */
  readonly end: Duration;
}

export interface GivenReading {
  /** The name that expressions read it by. */
  readonly stream: string;
  /** Typed by the stream's schema; fields may be missing. */
  readonly value: unknown;
}

/** What the double of an action does. Without one it succeeds at once. */
export interface ActionAnswer {
  readonly action: string;
  readonly outcome: 'succeed' | 'fail' | 'ignore' | 'never';
  /** Typed by the action's schema; fields may be missing. */
  readonly output?: unknown;
  /** The message of the failure. */
  readonly message?: string;
  readonly after?: Duration;
}

export interface TestMoment {
  /** Time since the start of the test. */
  readonly at: Duration;
  readonly range: SourceRange;
  /** One after the other. */
  readonly changes: readonly TestChange[];
}

export type TestChange =
  | { readonly kind: 'set'; readonly stream: string; readonly path: readonly string[]; readonly value: unknown }
  | { readonly kind: 'quality'; readonly stream: string; readonly quality: Quality }
  | { readonly kind: 'answer'; readonly answer: ActionAnswer }
  | {
      readonly kind: 'emit';
      /** As a plugin brings it. */
      readonly stream: string;
      /** Of a stream that the file names; otherwise whoever listens to the stream hears it, whatever its parameters. */
      readonly parameters?: unknown;
      readonly event: unknown;
    }
  | { readonly kind: 'restart' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'freeze'; readonly time: Duration }
  | { readonly kind: 'power-cut'; readonly off: Duration }
  | { readonly kind: 'reboot'; readonly off: Duration }
  | { readonly kind: 'jump'; readonly milliseconds: number }
  | { readonly kind: 'network'; readonly isThere: boolean }
  | { readonly kind: 'reload'; readonly file: string; readonly range: SourceRange };

export interface TimeSpan {
  readonly from: Duration;
  readonly to: Duration;
}

/** Which calls of actions an expectation is about. */
export interface CallSelection {
  readonly between?: TimeSpan;
  readonly rule?: string;
}

export type Expectation = { readonly range: SourceRange } & (
  | (CallSelection & {
      readonly kind: 'action' | 'no';
      readonly action: string;
      /** Exactly so often; left out: at least once. */
      readonly times?: number;
      /** Fields that the input has to have. */
      readonly with?: unknown;
      /** A condition on `input`. */
      readonly where?: Expression;
    })
  | (CallSelection & { readonly kind: 'order'; readonly actions: readonly string[] })
  | {
      readonly kind: 'state';
      readonly rule: string;
      readonly state: ExpectedState;
      readonly at: Duration;
    }
);

export const expectedStates = ['idle', 'holding', 'running', 'limited', 'faulted', 'disabled', 'paused'] as const;
export type ExpectedState = (typeof expectedStates)[number];
