import { Duration } from '../clock/duration.js';
import type { CallSelection, Expectation } from '../config/test-model.js';
import type { Expression } from '../expressions/expression.js';
import type { RuleStatus } from '../rules/rule-status.js';
import { isPlain } from './sample-value.js';
import { wordsOf, type ActionCallRecord, type TestRecord } from './test-record.js';

type CallExpectation = Extract<Expectation, { readonly kind: 'action' | 'no' }>;
type OrderExpectation = Extract<Expectation, { readonly kind: 'order' }>;
type StateExpectation = Extract<Expectation, { readonly kind: 'state' }>;

/** An expectation that was not met. */
export interface Failure {
  readonly expectation: Expectation;
  /** What was expected, and what happened instead. */
  readonly message: string;
}

/** How each rule stood at the time of a state expectation; undefined while no engine ran. */
export type SeenStates = ReadonlyMap<Expectation, RuleStatus | undefined>;

/** Holds what happened against what was expected. */
export function judge(expectations: readonly Expectation[], record: TestRecord, states: SeenStates): Failure[] {
  const calls = record.calls.toSorted((one, other) => one.at - other.at);
  return expectations.flatMap((expectation) => {
    const message = complaint(expectation, calls, states);
    return message === undefined ? [] : [{ expectation, message }];
  });
}

function complaint(
  expectation: Expectation,
  calls: readonly ActionCallRecord[],
  states: SeenStates,
): string | undefined {
  switch (expectation.kind) {
    case 'action':
    case 'no':
      return callComplaint(expectation, calls);
    case 'order':
      return orderComplaint(expectation, calls);
    case 'state':
      return stateComplaint(expectation, states.get(expectation));
  }
}

/** The expectation in words: `device.reboot once between 11m and 12m`. */
export function expectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'state':
      return `${expectation.rule} is ${expectation.state} at ${expectation.at}`;
    case 'order':
      return `${expectation.actions.join(', then ')}${spanText(expectation)}`;
    case 'no':
      return `no ${selectionText(expectation)}`;
    case 'action':
      return `${selectionText(expectation)}, ${expectation.times === undefined ? 'at least once' : timesText(expectation.times)}`;
  }
}

function callComplaint(expectation: CallExpectation, calls: readonly ActionCallRecord[]): string | undefined {
  const wanted = expectation.kind === 'no' ? 0 : expectation.times;
  const ofAction = calls.filter(({ action }) => action === expectation.action);
  const inputs = ofAction.filter((call) => isSelected(call, { ...expectation, between: undefined }));
  const matching = inputs.filter((call) => fits(call, expectation));
  const counted = matching.filter((call) => isSelected(call, expectation));
  if (wanted === undefined ? counted.length > 0 : counted.length === wanted) return undefined;
  const others = ofAction.filter((call) => !counted.includes(call));
  const found = counted.length === 0 ? 'it did not run' : `it ran ${timesText(counted.length)}: ${placesOf(counted)}`;
  const near = counted.length === 0 && others.length > 0 ? `; it did ${placesOf(others)}` : '';
  return `expected ${expectationText(expectation)}, but ${found}${counted.length === 0 ? near && ' so' : ''}${near}.`;
}

function orderComplaint(expectation: OrderExpectation, calls: readonly ActionCallRecord[]): string | undefined {
  const selected = calls.filter((call) => isSelected(call, expectation));
  let next = 0;
  for (const { action } of selected) if (action === expectation.actions[next]) next += 1;
  const missing = expectation.actions[next];
  if (missing === undefined) return undefined;
  const ran = selected.filter(({ action }) => expectation.actions.includes(action)).map(({ action }) => action);
  const found = ran.length > 0 ? `they ran as ${ran.join(', ')}` : 'none of them ran';
  return `expected ${expectationText(expectation)}, but no ${missing} came in its place: ${found}.`;
}

function stateComplaint(expectation: StateExpectation, status: RuleStatus | undefined): string | undefined {
  if (!status) return `expected ${expectationText(expectation)}, but no engine ran.`;
  if (status.state === expectation.state) return undefined;
  const detail = status.detail && ` (${status.detail})`;
  return `expected ${expectationText(expectation)}, but it was ${status.state}${detail}.`;
}

function isSelected(
  { at, rule }: ActionCallRecord,
  selection: { [Key in keyof CallSelection]?: CallSelection[Key] | undefined },
): boolean {
  const { between } = selection;
  if (selection.rule !== undefined && rule !== selection.rule) return false;
  return !between || (at >= between.from.milliseconds && at <= between.to.milliseconds);
}

function fits({ input }: ActionCallRecord, { with: parts, where }: CallExpectation): boolean {
  return hasParts(input, parts) && (!where || isTrue(where, input));
}

/** A condition that has no value, as for want of an optional field, does not fit. */
function isTrue(where: Expression, input: unknown): boolean {
  try {
    return where.evaluate({ input }) === true;
  } catch {
    return false;
  }
}

/** Whether the value has all the parts; lists have to be equal. */
function hasParts(value: unknown, parts: unknown): boolean {
  if (parts === undefined) return true;
  if (parts instanceof Duration) return value instanceof Duration && value.milliseconds === parts.milliseconds;
  if (parts instanceof Date) return value instanceof Date && value.getTime() === parts.getTime();
  if (Array.isArray(parts))
    return (
      Array.isArray(value) &&
      value.length === parts.length &&
      parts.every((part, index) => hasParts(value[index], part))
    );
  if (isPlain(parts))
    return isPlain(value) && Object.entries(parts).every(([name, part]) => hasParts(value[name], part));
  return Object.is(value, parts);
}

function selectionText(expectation: CallExpectation): string {
  const { action, with: parts, where, rule } = expectation;
  const input = parts === undefined ? '' : ` ${wordsOf(parts)}`;
  const condition = where ? ` where ${where.source.text}` : '';
  return `${action}${input}${condition}${rule === undefined ? '' : ` of ${rule}`}${spanText(expectation)}`;
}

function spanText({ between }: CallSelection): string {
  return between ? ` between ${between.from} and ${between.to}` : '';
}

function timesText(times: number): string {
  return times === 1 ? 'once' : times === 2 ? 'twice' : `${times} times`;
}

const shownPlaces = 5;

function placesOf(calls: readonly ActionCallRecord[]): string {
  const places = calls.slice(0, shownPlaces).map(({ at, input }) => `at ${timeText(at)} ${wordsOf(input)}`.trim());
  return [...places, ...(calls.length > shownPlaces ? [`… ${calls.length - shownPlaces} more`] : [])].join(', ');
}

/** Time of a test as the file writes it, to the second unless it is a fraction of one. */
export function timeText(milliseconds: number): string {
  const whole = milliseconds >= 1000 ? Math.floor(milliseconds / 1000) * 1000 : milliseconds;
  return Duration.ofMilliseconds(whole).toString();
}
