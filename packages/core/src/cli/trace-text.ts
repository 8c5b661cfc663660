import type { RunTrace, StepTrace } from '../rules/trace.js';
import type { IntentRecord } from '../engine/boot-safety/intent-record.js';
import type { ListedRun } from '../engine/engine-view.js';
import { age, count, wrapped } from './text.js';

/** The last runs, the latest first. */
export function runsText(runs: readonly ListedRun[], dropped: number, now: number): string {
  if (runs.length === 0) return 'No rule has run since the engine started.';
  const lines = runs
    .toReversed()
    .flatMap(({ id, rule, key, cause, outcome, startedAt, steps }) => [
      wrapped(`${id}  ${rule}${key === undefined ? '' : ` (key ${key})`}`, 14, 0),
      wrapped(`${age(now - startedAt)} ago, ${cause}: ${outcome ?? 'running'}, ${count(steps, 'step')}`, 14),
    ]);
  return [...lines, ...(dropped > 0 ? [`${count(dropped, 'earlier run')} made room for these.`] : [])].join('\n');
}

/** One run with its steps; times count from its start. */
export function runText(trace: RunTrace, now: number): string {
  const { id, rule, key, cause, startedAt, endedAt, outcome, steps, leftOut } = trace;
  const end = endedAt === undefined ? 'runs since' : `took ${milliseconds(endedAt - startedAt)}, started`;
  return [
    wrapped(`${rule}${key === undefined ? '' : ` (key ${key})`}: ${outcome ?? 'running'}`, 2, 0),
    wrapped(`${id}, ${cause}, ${end} ${age(now - startedAt)} ago`, 2),
    ...steps.flatMap((step) => stepLines(step, startedAt)),
    ...(leftOut ? [leftOutLine(leftOut)] : []),
  ].join('\n');
}

function leftOutLine({ steps, values }: NonNullable<RunTrace['leftOut']>): string {
  const parts = [...(steps > 0 ? [count(steps, 'later step')] : []), ...(values > 0 ? [count(values, 'value')] : [])];
  return wrapped(`There was no room for ${parts.join(' and ')}.`, 2);
}

/** What became of the calls by which a run was to take the machine down. */
export function intentsText(intents: readonly IntentRecord[]): string {
  return intents
    .map((intent) => wrapped(`${intent.step} ${intent.action}${controlsOf(intent)} ${outcomeOf(intent)}`, 4, 2))
    .join('\n');
}

/** The power controls that were asked for it: ` by supervisor (lost), then systemd`. */
export function controlsOf({ asked = [] }: IntentRecord): string {
  const controls = asked.map(({ control, outcome }) => (outcome ? `${control} (${outcome})` : control));
  return controls.length === 0 ? '' : ` by ${controls.join(', then ')}`;
}

/** `happened`, `was blocked: …`, `is lost …`, `is under way`: the words of docs/time-and-boots.md. */
export function outcomeOf({ outcome, detail }: IntentRecord): string {
  if (outcome === undefined) return 'is under way';
  switch (outcome) {
    case 'happened':
      return 'happened: the machine went down and came back';
    case 'blocked':
      return `was blocked: ${detail}`;
    case 'lost':
      return 'is lost: the machine did not go down';
  }
}

function stepLines(
  { path, step, startedAt, outcome, attempts, input, output, error }: StepTrace,
  from: number,
): string[] {
  const tries = attempts === undefined ? '' : `, ${count(attempts, 'attempt')}`;
  return [
    wrapped(`+${milliseconds(startedAt - from).padEnd(7)} ${path} ${step}: ${outcome}${tries}`, 9, 0),
    ...(input === undefined ? [] : [wrapped(`in  ${JSON.stringify(input)}`, 13, 9)]),
    ...(output === undefined ? [] : [wrapped(`out ${JSON.stringify(output)}`, 13, 9)]),
    ...(error === undefined ? [] : [wrapped(`${error.code}: ${error.message}`, 9)]),
  ];
}

function milliseconds(time: number): string {
  return time < 10_000 ? `${Math.round(time)}ms` : age(time);
}
