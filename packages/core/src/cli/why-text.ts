import type { WhyAnswer } from '../engine/engine-view.js';
import { conditionLines } from './condition-text.js';
import { age, count, wrapped } from './text.js';
import { controlsOf, outcomeOf } from './trace-text.js';

type Explanation = WhyAnswer['explanation'];

export function whyText({ now, explanation, runs, intents }: WhyAnswer): string {
  const { rule, description, status, reasons, refused, waitsFor, couldFireIn } = explanation;
  const own = status[0];
  return [
    wrapped(`${rule} is ${own?.state ?? 'unknown'}${own ? ` for ${age(now - own.since)}` : ''}`, 2, 0),
    ...(description === undefined ? [] : [wrapped(description, 2)]),
    '',
    ...(reasons.length > 0 ? ['It does not run now:', ...reasons.map((reason) => wrapped(`- ${reason}`, 4, 2))] : []),
    ...(refused ? [wrapped(`If it ran now: ${refused.message} [${refused.code}]`, 2, 0)] : []),
    wrapped(`It waits for ${waitsFor}.`, 2, 0),
    ...(couldFireIn === undefined ? [] : [nextLine(couldFireIn)]),
    '',
    ...partLines(explanation, now),
    ...historyLines(explanation, runs, now),
    ...intents.map((intent) =>
      wrapped(`${intent.action}${controlsOf(intent)} ${outcomeOf(intent)}, run ${intent.run}`, 9, 7),
    ),
  ].join('\n');
}

function nextLine(couldFireIn: string): string {
  return couldFireIn === '0s'
    ? 'It could fire at once.'
    : wrapped(`It could fire in ${couldFireIn}, if its condition goes on to hold.`, 2, 0);
}

function partLines(
  { kind, condition, clear, patterns, progress, stages, limits, mode, ...rest }: Explanation,
  now: number,
): string[] {
  return [
    ...(condition ? conditionLines(kind === 'hold' ? 'while' : 'when', condition, now) : []),
    ...(clear ? conditionLines('clear', clear, now) : []),
    ...patterns.map((pattern) => wrapped(`on     ${pattern}`, 7, 0)),
    ...progress.map(({ place, key, text }) =>
      wrapped(`${patterns.length > 1 ? `${place} ` : ''}${key === undefined ? '' : `key ${key}: `}${text}`, 9, 7),
    ),
    ...(rest.if ? conditionLines('if', rest.if, now) : []),
    ...stages
      .filter(({ after }) => after !== '0s')
      .map(({ after, hasFired, dueIn }) =>
        wrapped(
          `after  ${after}: ${hasFired ? 'has fired' : dueIn === undefined ? 'not yet' : `due in ${dueIn}`}`,
          7,
          0,
        ),
      ),
    ...limits.map(({ name, key, limit, isDefault, used, allowedIn }) =>
      wrapped(
        [
          `limit  ${limit}${isDefault ? ' (default)' : ''}: ${count(used, 'start')} counted`,
          name !== 'rule' && `for ${name}`,
          key !== undefined && `for key ${key}`,
          allowedIn !== undefined && `open again in ${allowedIn}`,
        ]
          .filter(Boolean)
          .join(', '),
        7,
        0,
      ),
    ),
    `mode   ${mode}`,
  ];
}

function historyLines({ status }: Explanation, runs: WhyAnswer['runs'], now: number): string[] {
  const { runs: amount = 0, refusals = {}, lastRefusal } = status[0] ?? {};
  const reasons = Object.entries(refusals).map(([reason, number]) => `${number} ${reason}`);
  return [
    wrapped(`runs   ${amount} since the engine started`, 7, 0),
    ...runs
      .toReversed()
      .map(({ id, cause, outcome, startedAt }) =>
        wrapped(`${id} ${age(now - startedAt)} ago: ${cause}, ${outcome ?? 'running'}`, 9, 7),
      ),
    ...(reasons.length > 0 ? [wrapped(`not    ${reasons.join(', ')}`, 7, 0)] : []),
    ...(lastRefusal
      ? [
          wrapped(
            `the last ${age(now - lastRefusal.at)} ago${lastRefusal.key === undefined ? '' : ` for key ${lastRefusal.key}`}: ${lastRefusal.detail}`,
            9,
            7,
          ),
        ]
      : []),
  ];
}
