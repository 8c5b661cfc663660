import type { Duration } from '../clock/duration.js';
import { valueTypeOf } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields, readDuration, reportType } from './fields.js';
import { expectationKeys, keysOf } from './grammar.js';
import { Scope } from './scope.js';
import type { SourceNode } from './source-node.js';
import { expectedStates, type CallSelection, type Expectation, type TimeSpan } from './test-model.js';
import type { TestNames } from './test-names.js';
import { readPart } from './test-value.js';

/** Reads one entry of `expect`. */
export class ExpectationReader {
  constructor(
    private readonly names: TestNames,
    private readonly expressions: ExpressionCheck,
  ) {}

  read(node: SourceNode): Expectation | undefined {
    const { findings } = this.expressions;
    const fields = Fields.read(node, 'an entry of "expect"', keysOf(expectationKeys), findings);
    if (!fields) return undefined;
    const isState = fields.has('state');
    const subject = isState ? 'state' : fields.exactlyOne(['action', 'no', 'order'])?.key;
    const isCall = subject === 'action' || subject === 'no';
    fields.onlyWith(['action', 'no', 'order', 'between'], 'without "state"', !isState);
    fields.onlyWith(['at'], 'beside "state"', isState);
    fields.onlyWith(['times'], 'beside "action"', subject === 'action' || subject === undefined);
    fields.onlyWith(['with', 'where'], 'beside "action" or "no"', isCall || subject === undefined);
    const rule = fields.text('rule');
    if (rule !== undefined) this.names.rule(rule, fields.entry('rule')!.value.range);
    if (isState) return this.state(fields, rule);
    const between = this.between(fields);
    const selection = { ...(between && { between }), ...(rule !== undefined && { rule }) };
    if (subject === 'order') return this.order(fields, selection);
    return isCall ? this.calls(fields, subject, selection) : undefined;
  }

  private state(fields: Fields, rule: string | undefined): Expectation | undefined {
    for (const key of ['rule', 'at']) fields.require(key);
    const state = fields.choice('state', expectedStates);
    const at = fields.duration('at');
    if (rule === undefined || !state || !at) return undefined;
    return { kind: 'state', rule, state, at, range: fields.range };
  }

  private order(fields: Fields, selection: CallSelection): Expectation | undefined {
    const list = fields.list('order');
    if (!list) return undefined;
    const actions = list.items.flatMap((item) => {
      if (item.kind === 'scalar' && typeof item.value === 'string')
        return this.names.action(item.value, item.range) ? [item.value] : [];
      reportType(this.expressions.findings, 'An entry of "order"', 'the name of an action', item);
      return [];
    });
    if (list.items.length < 2)
      this.expressions.findings.error('VALUE_INVALID', '"order" takes two actions or more.', list.range);
    return { kind: 'order', actions, ...selection, range: fields.range };
  }

  private calls(fields: Fields, kind: 'action' | 'no', selection: CallSelection): Expectation | undefined {
    const { findings } = this.expressions;
    const name = fields.text(kind);
    const description = name === undefined ? undefined : this.names.action(name, fields.entry(kind)!.value.range);
    const times = fields.number('times', { minimum: 0 });
    const withNode = fields.mapping('with');
    if (name === undefined || !description) return undefined;
    const owner = `the action "${name}"`;
    const scope = new Scope({ input: asGiven(valueTypeOf(description.input)) });
    const where = this.expressions.condition(fields.value('where'), '"where"', scope);
    return {
      kind,
      action: name,
      ...(times !== undefined && { times }),
      ...(withNode && { with: readPart(withNode, description.input, owner, findings) }),
      ...(where && { where }),
      ...selection,
      range: fields.range,
    };
  }

  private between(fields: Fields): TimeSpan | undefined {
    const { findings } = this.expressions;
    const between = fields.list('between');
    if (!between) return undefined;
    const [from, to]: (Duration | undefined)[] = between.items.map((item) => {
      if (item.kind === 'scalar') return readDuration(item, 'A bound of "between"', findings);
      reportType(findings, 'A bound of "between"', 'a duration', item);
      return undefined;
    });
    if (between.items.length !== 2) {
      findings.error('VALUE_INVALID', '"between" takes two durations, such as [11m, 12m].', between.range);
    } else if (from && to && from.milliseconds > to.milliseconds) {
      const message = `"between" ends (${String(to)}) before it begins (${String(from)}).`;
      findings.error('VALUE_INVALID', message, between.range, 'Write the earlier time first.');
    } else if (from && to) {
      return { from, to };
    }
    return undefined;
  }
}

/** A test knows what its rule gives: it need not ask for optional fields; a call without one does not fit. */
function asGiven(type: ValueType): ValueType {
  if (type.kind !== 'object') return type;
  const fields = Object.entries(type.fields).map(
    ([name, field]) => [name, { ...field, type: asGiven(field.type), optional: false }] as const,
  );
  return { kind: 'object', fields: Object.fromEntries(fields) };
}
