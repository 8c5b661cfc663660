import { errorsOf } from './device-error.js';

/**
 * Every error code of the core, grouped by room. A code is never renamed and never used again for something else.
 * docs/errors.md is generated from this table.
 */
export const coreErrorTable = {
  // clock
  DURATION_MALFORMED: {
    summary: 'A text that should be a duration is not one.',
    remedy: 'Write an amount and a unit, such as 500ms, 10s, 10m, 1h30m or 2d.',
  },
  // rules
  STREAM_LOST: {
    summary: 'An expression reads a state stream that is lost.',
    remedy: 'See why the stream is lost with `devicerc status`; the rule goes on as soon as there is a reading.',
  },
  CONDITION_NOT_BOOLEAN: {
    summary: 'A condition gave something else than true or false.',
    remedy: 'Compare the value, such as `event.id == 7`.',
  },
  RUN_ABORTED: {
    summary: 'A run was ended from outside: by mode restart, an until event, another branch, a reload or a stop.',
    remedy: 'Nothing to mend; steps under finally ran.',
  },
  RUN_TIMEOUT: {
    summary: 'A run took longer than the rule allows.',
    remedy: 'Raise the timeout of the rule, or find the step that hangs in the trace of the run.',
  },
  RUN_STOPPED: {
    summary: 'A stop step with failed: true ended the run.',
    remedy: 'See the reason; the rule asked for it.',
  },
  STEP_TIMEOUT: {
    summary: 'A step took longer than its timeout.',
    remedy: 'Raise the timeout of the step, or find out what hangs.',
  },
  WAIT_TIMEOUT: {
    summary: 'What a wait step waited for did not come true in time.',
    remedy: 'Raise the timeout of the step, or add on-error: continue.',
  },
  WAIT_DURATION_INVALID: {
    summary: 'The expression of a wait step gave no duration.',
    remedy: "Give a duration, such as 10s or \"${{ duration('10s') }}\".",
  },
  REPEAT_TIMES_INVALID: {
    summary: 'The expression of repeat.times gave no whole number from 0.',
    remedy: 'Give a whole number, such as 3.',
  },
  REPEAT_EXCEEDED: {
    summary: 'A repeat step wanted more rounds than max.',
    remedy: 'Raise max of the step (default 100), or mend the condition that should end it.',
  },
  HOLD_LOST: {
    summary: 'A held action ended although its condition still holds.',
    remedy: 'It is tried again with growing pauses; see the cause.',
  },
  RULE_FAULT: {
    summary: 'A rule could not be started or failed inside the engine; the other rules go on.',
    remedy: 'See the cause; reload the file to try again.',
  },
  // streams
  STREAM_UNKNOWN: {
    summary: 'No plugin in use brings a stream of this name.',
    remedy: 'Check the spelling, and that the plugin that brings it stands under plugins.',
  },
  STREAM_KIND_WRONG: {
    summary: 'An event stream was used as a state, or a state stream as an event.',
    remedy: 'Use event streams under on and until, state streams in expressions.',
  },
  // actions
  ACTION_UNKNOWN: {
    summary: 'No plugin in use brings an action of this name.',
    remedy: 'Check the spelling, and that the plugin that brings it stands under plugins.',
  },
  ACTION_INPUT_INVALID: {
    summary: 'The input of an action is not what its schema asks for.',
    remedy: 'Correct the named field under with; the reference page of the action lists its fields.',
  },
  ACTION_TIMEOUT: {
    summary: 'An action did not end in time.',
    remedy: 'Raise the timeout of the step, or find out what hangs.',
  },
  ACTION_FAILED: {
    summary: 'An action reported a failure.',
    remedy: 'See the message; retry and on-error of the step decide what follows.',
  },
  ACTION_ABORTED: {
    summary: 'An action was ended because its run was.',
    remedy: 'Nothing to mend: the run was aborted, timed out or the engine stops.',
  },
  // builtin
  EXEC_FAILED: {
    summary: 'A program that `exec` ran ended with a code that counts as a failure, or by a signal.',
    remedy: 'Run the program by hand in the container, or list the code in `success-exit-status`.',
  },
  EXEC_NOT_STARTED: {
    summary: 'A program that `exec` should run could not be started.',
    remedy: 'Check that the program and the working folder exist in the image and may be executed.',
  },
  WEBHOOK_REFUSED: {
    summary: 'The server of a webhook answered with a status other than 2xx.',
    remedy: 'Check the URL, the headers and the body with the owner of the server.',
  },
  WEBHOOK_UNREACHABLE: {
    summary: 'The server of a webhook could not be reached, or gave no answer in 30 s.',
    remedy: 'Check the name, the port and the network of the device; `retry` bridges short gaps.',
  },
} as const;

const { error, diagnostic } = errorsOf(coreErrorTable);

export const coreError = error;
export const coreDiagnostic = diagnostic;
export type CoreErrorCode = keyof typeof coreErrorTable;
