/** The keys of the file with what they mean: what the check accepts and what the JSON Schema shows to an editor. */
export type Keys = Readonly<Record<string, string>>;

export const fileKeys = {
  version: 'Version of the grammar; always 1.',
  plugins: 'Packages or files that bring streams and actions.',
  include: 'Further files, relative to this one, whose sections are added to this file.',
  streams: 'Streams with a name of their own, to be used in every rule.',
  secrets: 'Where secret values come from: an environment variable or a file.',
  rules: 'What the device does when something happens or stays true.',
  'boot-safety': 'What keeps the device from rebooting for ever.',
  tests: 'Tests of the rules in virtual time.',
} as const satisfies Keys;

export const pluginKeys = {
  use: 'Name of an npm package, or path of a file.',
  with: 'Options of the plugin, by its own schema.',
} as const satisfies Keys;

export const streamKeys = {
  from: 'The stream that a plugin brings.',
  with: 'Its parameters.',
} as const satisfies Keys;

export const secretKeys = {
  env: 'Name of an environment variable.',
  file: 'Path of a file; a line break at its end is not part of the secret.',
} as const satisfies Keys;

export const ruleKeys = {
  description: 'What the rule is for.',
  enabled: 'false switches the rule off.',
  on: 'Edge: the events that start a run.',
  when: 'Level: a condition over state streams. Fires once for each time it becomes true.',
  for: 'How long the condition of `when` has to hold before the rule fires.',
  clear: 'Condition that ends an episode of `when`, in place of the condition being false.',
  'at-start': 'Whether a condition that is true at the start counts (default: fire).',
  'on-gap': 'What a gap in the engine means for `for`.',
  'reset-after': 'How long the condition has to be false for the episode to end.',
  while: 'Hold: as long as this condition is true, the effect of `hold` is kept up.',
  hold: 'The action whose effect is kept up.',
  if: 'Condition that is read when the trigger fires; false refuses the run.',
  key: 'One state machine for each value of this expression.',
  mode: 'What happens when the trigger fires during a run (default: single).',
  max: 'Upper bound of runs with mode queued or parallel (default: 10).',
  limit: 'How often the rule may run, in device time.',
  timeout: 'Upper bound of the duration of a run.',
  then: 'The steps.',
  escalate: 'Steps that follow each other while the condition of `when` goes on.',
  until: 'Events that end what the rule began.',
  catch: 'Steps after a step failed.',
  finally: 'Steps at the end, whatever happened.',
  shadow: 'Decide and trace, do not act.',
} as const satisfies Keys;

export const limitKeys = {
  runs: 'How many runs within `per`.',
  per: 'Length of the sliding window.',
  cooldown: 'Shortest distance between two runs.',
  then: 'What happens when the limit is reached (default: skip).',
} as const satisfies Keys;

export const bootSafetyKeys = {
  'without-record':
    'Whether the device may reboot or shut down when no durable record of it can be made (default: refuse). With allow it has to be up for 10 minutes.',
} as const satisfies Keys;

export const rungKeys = {
  after: 'Time since the start of the episode.',
  then: 'The steps.',
  limit: 'How often this rung may run, in device time.',
} as const satisfies Keys;

export const holdKeys = { do: 'The action.', with: 'Its input.' } as const satisfies Keys;

export const stepKinds = {
  do: 'An action.',
  choose: 'The first branch whose condition is true.',
  parallel: 'Lists of steps that run side by side.',
  repeat: 'Steps that run several times.',
  wait: 'A pause, or a condition to wait for.',
  stop: 'Ends the run with a reason.',
  emit: 'An event that the stream `custom` delivers.',
} as const satisfies Keys;

export const stepKeys = {
  ...stepKinds,
  with: 'Input of the action.',
  as: 'Name of the output for later steps.',
  retry: 'How often and how soon a failed action is tried again.',
  if: 'Condition; false skips the step.',
  timeout: 'Upper bound of the duration of the step.',
  'on-error': 'Whether a failure fails the run (default) or the run continues.',
} as const satisfies Keys;

export const retryKeys = {
  attempts: 'All attempts, the first included.',
  delay: 'Pause before the second attempt (default: 1s).',
  factor: 'By how much each pause is longer than the one before (default: 2).',
  'max-delay': 'Longest pause (default: 5m).',
  jitter: 'Random part of the pause, from 0 to 1 (default: 0).',
} as const satisfies Keys;

export const repeatKeys = {
  times: 'Number of rounds.',
  while: 'Condition that is read before each round.',
  until: 'Condition that is read after each round.',
  then: 'The steps of one round.',
  max: 'Upper bound of rounds (default: 100).',
} as const satisfies Keys;

export const waitKeys = {
  for: 'How long to wait.',
  until: 'Condition to wait for.',
  timeout: 'How long to wait for the condition at most.',
} as const satisfies Keys;

export const stopKeys = { reason: 'Why.', failed: 'Whether the run counts as failed.' } as const satisfies Keys;

export const emitKeys = { event: 'Name of the event.', data: 'Its payload.' } as const satisfies Keys;

export const patternOptions = {
  where: 'Condition on `event`.',
  debounce: 'Wait until no event came for so long, then deliver the last.',
  throttle: 'Deliver at most one event in so long.',
} as const satisfies Keys;

export const combinators = {
  count: 'n events of one pattern within a time.',
  all: 'One event of each pattern, in any order, within a time.',
  sequence: 'One event of each pattern, in this order, within a time.',
  absence: 'No event of a pattern for a time.',
} as const satisfies Keys;

export const testFileKeys = {
  file: 'The device file, relative to this one (default: the device file in the same folder).',
  tests: 'Tests of its rules in virtual time.',
} as const satisfies Keys;

export const testKeys = {
  name: 'What the test shows, as a sentence.',
  given: 'Readings at the start, by stream.',
  answers: 'What actions give, by action (default: success at once).',
  at: 'What happens, in the order of time.',
  expect: 'What has to be true.',
} as const satisfies Keys;

export const momentKeys = {
  t: 'Time since the start of the test.',
  set: 'New values of state streams, by path.',
  quality: 'New quality of state streams.',
  answer: 'New answers of actions.',
  emit: 'Events, by stream.',
  restart: 'Clean stop and start of the engine.',
  kill: 'kill -9 and start of the engine.',
  freeze: 'The engine stands still for so long; what comes meanwhile waits.',
  'power-cut': 'Off for so long; what was not synced is lost.',
  reboot: 'Clean reboot that takes so long.',
  clock: 'Jump of the wall clock.',
  network: 'Whether there is a network: what actions that notify see.',
  reload: 'Another device file.',
  end: 'The end of the test.',
} as const satisfies Keys;

export const answerKeys = {
  output: 'What the action gives.',
  fail: 'The message of its failure.',
  after: 'How long it takes.',
  ignored: 'Success, but nothing happens.',
  never: 'It does not end.',
} as const satisfies Keys;

export const expectationKeys = {
  action: 'An action that ran.',
  no: 'An action that did not run.',
  order: 'Actions that ran in this order; others may stand between them.',
  times: 'How often; left out: at least once.',
  between: 'When: from and to.',
  with: 'Part of its input.',
  where: 'Condition on `input`, in CEL.',
  rule: 'The rule.',
  state: 'The state of the rule.',
  at: 'When.',
} as const satisfies Keys;

export function keysOf(keys: Keys): string[] {
  return Object.keys(keys);
}
