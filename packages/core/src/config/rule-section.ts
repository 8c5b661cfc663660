import type { Registry } from '../plugins/registry.js';
import type { ValueType } from '../schemas/value-type.js';
import { commonType } from './event-type.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { holdKeys, keysOf, ruleKeys, rungKeys } from './grammar.js';
import { checkHeldAction } from './held-action.js';
import { defaultLimit, findDisruptive, readLimit } from './limit-section.js';
import { meaningOf } from './meaning.js';
import { OutputNames } from './output-names.js';
import { PatternReader } from './pattern-section.js';
import type { HoldTrigger, LevelTrigger, LimitModel, RuleModel, RungModel, StepModel } from './rule-model.js';
import type { Scope } from './scope.js';
import type { MappingEntry } from './source-node.js';
import { StepReader } from './step-section.js';
import type { Streams } from './stream-section.js';

type TriggerKey = 'on' | 'when' | 'while';

const ruleName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const text: ValueType = { kind: 'string' };

const ruleVariable: ValueType = {
  kind: 'object',
  fields: {
    name: { type: text, optional: false },
    heldFor: { type: { kind: 'duration' }, optional: false },
    since: { type: { kind: 'timestamp' }, optional: true },
  },
};

const errorVariable: ValueType = {
  kind: 'object',
  fields: {
    code: { type: text, optional: false },
    message: { type: text, optional: false },
    step: { type: text, optional: false },
  },
};

/** Reads one rule; every fault is reported, and a model is given only when there was none. */
export class RuleReader {
  readonly #patterns: PatternReader;
  readonly #findings: Findings;

  constructor(
    private readonly registry: Registry,
    private readonly streams: Streams,
    private readonly expressions: ExpressionCheck,
    /** State streams and secrets. */
    private readonly scope: Scope,
  ) {
    this.#patterns = new PatternReader(streams, expressions);
    this.#findings = expressions.findings;
  }

  read(entry: MappingEntry): RuleModel | undefined {
    if (!ruleName.test(entry.key)) {
      this.#findings.error(
        'NAME_INVALID',
        `"${entry.key}" cannot name a rule.`,
        entry.keyRange,
        'Use letters, digits, "-", "_" and ".".',
      );
    }
    const fields = Fields.read(entry.value, `the rule "${entry.key}"`, keysOf(ruleKeys), this.#findings);
    const trigger = fields?.exactlyOne(['on', 'when', 'while'], entry.keyRange)?.key as TriggerKey | undefined;
    if (!fields || !trigger) return undefined;
    this.checkKeys(fields, trigger, entry);
    return this.readBody(entry, fields, trigger);
  }

  private checkKeys(fields: Fields, trigger: TriggerKey, entry: MappingEntry): void {
    fields.onlyWith(
      ['for', 'clear', 'at-start', 'on-gap', 'reset-after', 'escalate'],
      'beside "when"',
      trigger === 'when',
    );
    fields.onlyWith(['hold'], 'beside "while"', trigger === 'while');
    fields.onlyWith(['key'], 'beside "on"', trigger === 'on');
    fields.onlyWith(['until', 'mode'], 'beside "on" or "when"', trigger !== 'while');
    const mode = fields.entry('mode')?.value;
    const manyRuns = mode?.kind === 'scalar' && (mode.value === 'queued' || mode.value === 'parallel');
    fields.onlyWith(['max'], 'beside "mode: queued" or "mode: parallel"', manyRuns);
    fields.onlyWith(['for'], 'without "escalate", whose rungs have their own "after"', !fields.has('escalate'));
    fields.onlyWith(
      ['on-gap'],
      'beside "for" or "escalate"',
      fields.has('for') || fields.has('escalate') || trigger !== 'when',
    );
    if (trigger === 'while') {
      if (!fields.has('hold') && !fields.has('then')) {
        this.#findings.error(
          'KEY_MISSING',
          `The rule "${entry.key}" does nothing: it needs "hold" or "then".`,
          entry.keyRange,
        );
      }
    } else {
      fields.exactlyOne(trigger === 'when' ? ['then', 'escalate'] : ['then'], entry.keyRange);
    }
  }

  private readBody(entry: MappingEntry, fields: Fields, triggerKey: TriggerKey): RuleModel | undefined {
    const errorsBefore = this.#findings.diagnostics.length;
    const patterns = this.#patterns.readList(fields.entry('on'));
    const until = this.#patterns.readList(fields.entry('until'));
    const event = commonType(patterns.map((pattern) => pattern.event));
    const isEvent = triggerKey === 'on';
    const noEvent = 'only a rule with "on" has one.';
    const keyScope = this.scope.with({ event: commonType([...patterns, ...until].map((pattern) => pattern.event)) });
    const key = this.expressions.expression(fields.value('key'), '"key"', keyScope);
    const base = isEvent
      ? this.scope.with({ event, trigger: event })
      : this.scope.without({ event: noEvent, trigger: noEvent });
    const condition = this.expressions.condition(fields.value('if'), '"if"', base);
    const trigger = isEvent
      ? { kind: 'event' as const, patterns: patterns.map((checked) => checked.pattern) }
      : this.readTrigger(fields, triggerKey, base);

    const stepScope = base.with({ rule: ruleVariable, ...(fields.has('key') && { key: text }) }).without({
      ...(!fields.has('key') && { key: 'the rule has no "key".' }),
      repeat: 'only the steps of a "repeat" have it.',
      error: 'only the steps of "catch" have it.',
    });
    const body = this.readSteps(fields, stepScope);
    const limit = readLimit(fields.entry('limit'), this.#findings);
    const mode = fields.choice('mode', ['single', 'restart', 'queued', 'parallel']) ?? 'single';
    const max = fields.number('max', { minimum: 1, maximum: 1000 });
    const timeout = fields.duration('timeout', { positive: true });
    const description = fields.text('description');
    const enabled = fields.boolean('enabled') ?? true;
    const shadow = fields.boolean('shadow') ?? false;
    const meaning = meaningOf(entry.key, entry.value, this.definitionsInUse());
    const isGood = !this.#findings.diagnostics
      .slice(errorsBefore)
      .some((diagnostic) => diagnostic.severity === 'error');
    if (!isGood || !trigger) return undefined;
    const model: RuleModel = {
      name: entry.key,
      range: entry.keyRange,
      meaning,
      ...(description !== undefined && { description }),
      enabled,
      shadow,
      trigger,
      ...(condition && { condition }),
      ...(key && { key }),
      mode,
      max: max ?? (mode === 'queued' || mode === 'parallel' ? 10 : 1),
      ...(limit && { limit }),
      ...(timeout && { timeout }),
      ...body,
      until: until.map((checked) => checked.pattern),
    };
    return this.withDefaultLimits(model);
  }

  private readTrigger(fields: Fields, key: TriggerKey, scope: Scope): LevelTrigger | HoldTrigger | undefined {
    const condition = this.expressions.condition(fields.value(key), `"${key}"`, scope);
    if (key === 'while') {
      const hold = this.readHold(fields, scope);
      return condition && { kind: 'hold', condition, ...(hold && { hold }) };
    }
    const clear = this.expressions.condition(fields.value('clear'), '"clear"', scope);
    const holdTime = fields.duration('for');
    const resetAfter = fields.duration('reset-after');
    const atStart = fields.choice('at-start', ['fire', 'wait-for-change']) ?? 'fire';
    const onGap = fields.choice('on-gap', ['resume', 'restart', 'fire']);
    return (
      condition && {
        kind: 'level',
        condition,
        ...(holdTime && { for: holdTime }),
        ...(clear && { clear }),
        atStart,
        ...(onGap && { onGap }),
        ...(resetAfter && { resetAfter }),
      }
    );
  }

  private readHold(rule: Fields, scope: Scope): HoldTrigger['hold'] {
    const node = rule.value('hold');
    const fields = node && Fields.read(node, '"hold"', keysOf(holdKeys), this.#findings);
    if (!fields?.require('do', rule.entry('hold')!.keyRange)) return undefined;
    checkHeldAction(fields, this.registry, this.#findings);
    const outputs = new OutputNames([], new Set(), this.#findings);
    return new StepReader(this.registry, this.expressions, outputs).readCall(
      fields,
      scope.with({ rule: ruleVariable }),
    );
  }

  private readSteps(fields: Fields, scope: Scope): Pick<RuleModel, 'steps' | 'rungs' | 'catch' | 'finally'> {
    const parts = ['then', 'escalate', 'catch', 'finally'].map((key) => fields.entry(key)?.value);
    const taken = new Set([...Object.keys(scope.variables), ...scope.unavailable.keys(), 'secrets']);
    const outputs = new OutputNames(parts, taken, this.#findings);
    const reader = new StepReader(this.registry, this.expressions, outputs);
    const steps = fields.value('then') ? reader.readList(fields.entry('then'), 'then', scope) : [];
    const rungs = this.readRungs(fields, reader, outputs, scope);
    outputs.showAll();
    return {
      steps,
      rungs,
      catch: fields.value('catch')
        ? reader.readList(fields.entry('catch'), 'catch', scope.with({ error: errorVariable }))
        : [],
      finally: fields.value('finally') ? reader.readList(fields.entry('finally'), 'finally', scope) : [],
    };
  }

  private readRungs(rule: Fields, reader: StepReader, outputs: OutputNames, scope: Scope): RungModel[] {
    const items = rule.list('escalate')?.items ?? [];
    const entry = rule.entry('escalate');
    if (entry?.value.kind === 'sequence' && items.length === 0) {
      this.#findings.error('VALUE_INVALID', '"escalate" is an empty list; it needs at least one rung.', entry.keyRange);
    }
    return items.flatMap((item, index) => {
      const fields = Fields.read(item, 'a rung of "escalate"', keysOf(rungKeys), this.#findings);
      if (!fields) return [];
      const isComplete = [fields.require('after'), fields.require('then')].every(Boolean);
      const after = fields.duration('after');
      const limit = readLimit(fields.entry('limit'), this.#findings);
      const steps = outputs.inside(() => reader.readList(fields.entry('then'), `escalate[${index}].then`, scope));
      if (!isComplete || !after) return [];
      return [{ after, ...(limit && { limit }), steps, range: fields.entry('after')!.keyRange }];
    });
  }

  private withDefaultLimits(rule: RuleModel): RuleModel {
    if (rule.limit) {
      this.warnOfLimitPerKey(rule);
      return rule;
    }
    const rungs = rule.rungs.map((rung) => {
      const limit = rung.limit ?? this.defaultLimitFor(rung.steps, rule, rung.range);
      return { ...rung, ...(limit && { limit }) };
    });
    const limit = this.defaultLimitFor([...rule.steps, ...rule.catch, ...rule.finally], rule, rule.range);
    return { ...rule, rungs, ...(limit && { limit }) };
  }

  private defaultLimitFor(
    steps: readonly StepModel[],
    rule: RuleModel,
    range: RuleModel['range'],
  ): LimitModel | undefined {
    const action = findDisruptive(steps, this.registry)?.call.action;
    if (action === undefined) return undefined;
    const { runs, per, cooldown } = defaultLimit;
    const scope = rule.key ? ', over all its keys' : '';
    this.#findings.hint(
      'LIMIT_DEFAULTED',
      `The rule "${rule.name}" can do ${action} and has no limit: at most ${runs} times in ${String(per)}, ${String(cooldown)} apart${scope}.`,
      range,
    );
    return defaultLimit;
  }

  private warnOfLimitPerKey(rule: RuleModel): void {
    const steps = [...rule.steps, ...rule.catch, ...rule.finally];
    const action = rule.key && findDisruptive(steps, this.registry)?.call.action;
    if (action === undefined) return this.hintAtBoundedKeys(rule);
    this.#findings.warning(
      'LIMIT_PER_KEY',
      `The limit of "${rule.name}" counts for each key: many keys can do ${action} many times.`,
      rule.range,
    );
  }

  private hintAtBoundedKeys(rule: RuleModel): void {
    if (!rule.key) return;
    this.#findings.hint(
      'LIMIT_KEYS_BOUNDED',
      `The limit of "${rule.name}" is kept for 1,000 keys at a time: while all of them are under it, events of a new key are refused.`,
      rule.range,
    );
  }

  /** Definitions of the named streams that the rule at hand reads. */
  private definitionsInUse(): ReadonlyMap<string, unknown> {
    const names = new Set([...this.expressions.takeNames(), ...this.#patterns.takeStreams()]);
    return new Map(
      [...names].flatMap((name) => {
        const definition = this.streams.definitionOf(name);
        return definition === undefined ? [] : [[name, definition] as const];
      }),
    );
  }
}
