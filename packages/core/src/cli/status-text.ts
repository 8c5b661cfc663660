import type { IntentRecord } from '../engine/boot-safety/intent-record.js';
import { escapeControls } from '../diagnostics/control-characters.js';
import type { StatusAnswer } from '../engine/engine-view.js';
import { age, count, wrapped } from './text.js';
import { controlsOf, outcomeOf } from './trace-text.js';

type Rule = StatusAnswer['rules'][number];
type Stream = StatusAnswer['streams'][number];

/** A status for a person, on a terminal of 80 columns. */
export function statusText(status: StatusAnswer): string {
  return [...engineLines(status), '', ...ruleLines(status), '', ...streamLines(status)].join('\n');
}

function engineLines({ state, file, startedAt, now, durability, safeMode, boot, ...status }: StatusAnswer): string[] {
  const since = startedAt === undefined ? '' : ` for ${age(now - startedAt)}`;
  return [
    wrapped(`${state}${since}, ${file}`, 2, 0),
    ...(safeMode.active ? [wrapped(`SAFE MODE  ${safeMode.reason}`, 11, 0)] : []),
    ...(boot ? [wrapped(`boot       ${boot.number}${endingBefore(boot)}`, 11, 0)] : []),
    ...status.disruptions.map((intent) => wrapped(disruptionText(intent, status.deviceTime), 11, 0)),
    wrapped(`ledger     ${durability.durable ? 'durable' : `NOT durable: ${durability.reason}`}`, 11, 0),
    ...(status.notificationsWaiting > 0
      ? [
          wrapped(
            `outbox     ${count(status.notificationsWaiting, 'notification')} waiting, see devicerc outbox`,
            11,
            0,
          ),
        ]
      : []),
    wrapped(`plugins    ${status.plugins.join(', ')}`, 11, 0),
    ...status.pluginFaults.map(({ plugin, code, message }) =>
      wrapped(`FAULT      ${plugin}: ${message} [${code}]`, 11, 0),
    ),
    ...(status.blackBoxFault === undefined
      ? []
      : [wrapped(`black box  cannot be written: ${status.blackBoxFault}`, 11, 0)]),
  ];
}

/** In device time: time without power does not count. */
function disruptionText(intent: IntentRecord, deviceTime: number): string {
  const { action, rule, run, announcedAt } = intent;
  return `disruption ${action} of ${rule}${controlsOf(intent)} (run ${run}), ${age(deviceTime - announcedAt)} of uptime ago, ${outcomeOf(intent)}`;
}

function endingBefore({ reason, rule, action }: NonNullable<StatusAnswer['boot']>): string {
  if (reason === 'first') return '';
  const ending = reason === 'requested' ? `${rule} asked for it with ${action}` : reason;
  return `, the one before ended: ${ending}`;
}

function ruleLines({ rules, now }: StatusAnswer): string[] {
  const own = rules.filter(({ key }) => key === undefined).length;
  return [count(own, 'rule'), ...rules.flatMap((rule) => linesOfRule(rule, now))];
}

function linesOfRule(
  { rule, key, state, detail, since, runs, lastOutcome, refusals, keysLeftOut }: Rule,
  now: number,
): string[] {
  const isKey = key !== undefined;
  const refused = Object.values(refusals).reduce((sum, number) => sum + number, 0);
  const facts = [
    `for ${age(now - since)}`,
    count(runs, 'run'),
    lastOutcome && `the last ${lastOutcome}`,
    refused > 0 && `refused ${count(refused, 'time')}`,
  ].filter(Boolean);
  const name = isKey ? `  key ${key}` : rule;
  return [
    `${paddedState(state)} ${escapeControls(name)}`,
    wrapped(facts.join(', '), 12),
    ...(detail === '' || (state === 'idle' && !isKey) ? [] : [wrapped(detail, 12)]),
    ...(keysLeftOut === undefined ? [] : [wrapped(`and ${count(keysLeftOut, 'more key')}`, 12)]),
  ];
}

function streamLines({ streams, now }: StatusAnswer): string[] {
  return [count(streams.length, 'open stream'), ...streams.flatMap((stream) => linesOfStream(stream, now))];
}

function linesOfStream(stream: Stream, now: number): string[] {
  const { quality, since, reason, fault, events, dropped, restarts, parameters } = stream;
  const facts = [
    since !== undefined && `for ${age(now - since)}`,
    stream.kind === 'event' ? count(events, 'event') : count(events, 'reading'),
    dropped > 0 && `${dropped} dropped`,
    restarts > 0 && `opened again ${count(restarts, 'time')}`,
  ].filter(Boolean);
  const why = reason ?? fault;
  return [
    `${paddedState(quality ?? (fault === undefined ? 'open' : 'lost'))} ${escapeControls(stream.stream)}`,
    ...(parameters === '{}' ? [] : [wrapped(parameters, 12)]),
    wrapped(facts.join(', '), 12),
    ...(why === undefined ? [] : [wrapped(why, 12)]),
  ];
}

function paddedState(state: string): string {
  return `  ${state.padEnd(9)}`;
}
