import type { RetryPolicy } from '../actions/action-runner.js';
import type { ActionDescription } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Template } from '../expressions/expression.js';
import type { Registry } from '../plugins/registry.js';
import { duration, valueTypeOf, z } from '../schemas/schema.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields, reportType } from './fields.js';
import { emitKeys, keysOf, repeatKeys, retryKeys, stepKeys, stepKinds, stopKeys, waitKeys } from './grammar.js';
import { InputCheck } from './input-check.js';
import { findDisruptive } from './limit-section.js';
import type { OutputNames } from './output-names.js';
import type { ActionModel, Branch, StepModel } from './rule-model.js';
import type { Scope } from './scope.js';
import type { MappingEntry, SourceNode } from './source-node.js';

type StepBase = Pick<StepModel, 'path' | 'range' | 'if' | 'timeout' | 'onError'>;

/** Reads the steps of one rule. */
export class StepReader {
  constructor(
    private readonly registry: Registry,
    private readonly expressions: ExpressionCheck,
    private readonly outputs: OutputNames,
  ) {}

  readList(entry: MappingEntry | undefined, path: string, scope: Scope): StepModel[] {
    return entry ? this.readSequence(entry.value, `"${entry.key}"`, path, scope, entry.keyRange) : [];
  }

  private readSequence(node: SourceNode, title: string, path: string, scope: Scope, place: SourceRange): StepModel[] {
    if (node.kind !== 'sequence') {
      reportType(
        this.expressions.findings,
        title,
        'a list of steps',
        node,
        'Begin each step with "- ", on a line of its own.',
      );
      return [];
    }
    if (node.items.length === 0)
      this.expressions.findings.error('VALUE_INVALID', `${title} is an empty list; it needs at least one step.`, place);
    return node.items.flatMap((item, index) => this.read(item, `${path}[${index}]`, scope) ?? []);
  }

  private read(node: SourceNode, path: string, outer: Scope): StepModel | undefined {
    const fields = Fields.read(node, 'a step', keysOf(stepKeys), this.expressions.findings);
    const kind = fields?.exactlyOne(keysOf(stepKinds));
    if (!fields || !kind) return undefined;
    fields.onlyWith(['with', 'as', 'retry'], 'beside "do"', kind.key === 'do');
    const scope = this.outputs.visible(outer);
    const condition = this.expressions.condition(fields.value('if'), '"if"', scope);
    const timeout = fields.duration('timeout', { positive: true });
    const base: StepBase = {
      path,
      range: { ...node.range, end: kind.keyRange.end },
      ...(condition && { if: condition }),
      ...(timeout && { timeout }),
      onError: fields.choice('on-error', ['fail', 'continue']) ?? 'fail',
    };
    switch (kind.key as keyof typeof stepKinds) {
      case 'do':
        return this.readDo(base, fields, scope);
      case 'choose':
        return this.readChoose(base, fields, outer);
      case 'parallel':
        return this.readParallel(base, fields, outer);
      case 'repeat':
        return this.readRepeat(base, fields, outer);
      case 'wait':
        return this.readWait(base, fields, scope);
      case 'stop':
        return this.readStop(base, kind, scope);
      case 'emit':
        return this.readEmit(base, kind, scope);
    }
  }

  private readDo(base: StepBase, fields: Fields, scope: Scope): StepModel | undefined {
    const call = this.readCall(fields, scope);
    const retry = this.readRetry(fields.value('retry'));
    const name = fields.text('as');
    if (name !== undefined) {
      const description = this.registry.actions.get(fields.text('do') ?? '')?.description;
      if (description && !description.output)
        fields.conflict(fields.entry('as')!, `The action "${description.name}" has no output that "as" could name.`);
      this.outputs.add(name, description?.output ? valueTypeOf(description.output) : { kind: 'dynamic' });
    }
    return call && { ...base, kind: 'do', call, ...(name !== undefined && { as: name }), ...(retry && { retry }) };
  }

  /** `do` with `with`: in a step and in `hold`. */
  readCall(fields: Fields, scope: Scope): ActionModel | undefined {
    const name = fields.text('do');
    if (name === undefined) return undefined;
    const place = fields.entry('do')!.value.range;
    const description = this.action(name, place);
    if (description) this.warnOfNobody(description, place);
    const input = fields.value('with');
    const owner = `the action "${name}"`;
    const checked = InputCheck.check(input, description?.input ?? z.unknown(), {
      expressions: this.expressions,
      scope,
      owner,
      place: fields.entry('with')?.keyRange ?? fields.entry('do')!.keyRange,
    });
    return description && { action: name, input: checked.template };
  }

  private action(name: string, range: SourceRange): ActionDescription | undefined {
    const found = this.registry.actions.get(name);
    if (found) return found.description;
    const names = [...this.registry.actions.keys()];
    const suggestion = didYouMean(name, names);
    const hint = suggestion === undefined ? `Known are: ${names.join(', ')}.` : `Did you mean "${suggestion}"?`;
    this.expressions.findings.error('ACTION_UNKNOWN', `There is no action "${name}". ${hint}`, range);
    return undefined;
  }

  /** An action that is carried out by what plugins contribute, in a file whose plugins contribute nothing. */
  private warnOfNobody({ name, carriedOutBy }: ActionDescription, range: SourceRange): void {
    if (!carriedOutBy || this.registry[carriedOutBy].size > 0) return;
    const message = `No plugin in use brings a power control: "${name}" cannot be done.`;
    this.expressions.findings.warning('POWER_CONTROL_MISSING', message, range);
  }

  private readRetry(node: SourceNode | undefined): RetryPolicy | undefined {
    const fields = node && Fields.read(node, '"retry"', keysOf(retryKeys), this.expressions.findings);
    if (!fields?.require('attempts')) return undefined;
    return {
      attempts: fields.number('attempts', { minimum: 1, maximum: 1000 }) ?? 1,
      delay: fields.duration('delay') ?? Duration.parse('1s'),
      factor: fields.number('factor', { minimum: 1, maximum: 100, whole: false }) ?? 2,
      maxDelay: fields.duration('max-delay') ?? Duration.parse('5m'),
      jitter: fields.number('jitter', { minimum: 0, maximum: 1, whole: false }) ?? 0,
    };
  }

  private readChoose(base: StepBase, fields: Fields, scope: Scope): StepModel | undefined {
    const branches: Branch[] = [];
    let otherwise: readonly StepModel[] = [];
    const items = fields.list('choose')?.items ?? [];
    for (const [index, item] of items.entries()) {
      const path = `${base.path}.choose[${index}]`;
      const isLast = index === items.length - 1;
      const branch = Fields.read(item, 'a branch of "choose"', ['if', 'then', 'else'], this.expressions.findings);
      const kind = branch?.exactlyOne(['if', 'else']);
      if (!branch || !kind) continue;
      if (kind.key === 'else') {
        branch.onlyWith(['then'], 'beside "if"', false);
        if (!isLast) branch.conflict(kind, '"else" has to be the last branch.');
        otherwise = this.outputs.inside(() => this.readList(kind, path, scope));
        continue;
      }
      branch.require('then');
      const condition = this.expressions.condition(branch.value('if'), '"if"', this.outputs.visible(scope));
      const steps = this.outputs.inside(() => this.readList(branch.entry('then'), path, scope));
      if (condition) branches.push({ if: condition, steps });
    }
    this.outputs.join();
    return { ...base, kind: 'choose', branches, otherwise };
  }

  private readParallel(base: StepBase, fields: Fields, scope: Scope): StepModel {
    const items = fields.list('parallel')?.items ?? [];
    const branches = items.map((item, index) =>
      this.outputs.inside(() =>
        this.readSequence(item, 'A branch of "parallel"', `${base.path}.parallel[${index}]`, scope, item.range),
      ),
    );
    this.outputs.join();
    this.refuseDisruptions(branches);
    return { ...base, kind: 'parallel', branches };
  }

  /** Which of two branches took the device down would be left to chance. */
  private refuseDisruptions(branches: readonly (readonly StepModel[])[]): void {
    const disruptive = branches.flatMap((branch) => findDisruptive(branch, this.registry) ?? []);
    const [first, ...others] = disruptive;
    for (const { path, range, call } of others) {
      this.expressions.findings.error(
        'PARALLEL_DISRUPTIONS',
        `${path} can do ${call.action} while ${first!.path} does ${first!.call.action}: the device goes down only once.`,
        range,
      );
    }
  }

  private readRepeat(base: StepBase, fields: Fields, outer: Scope): StepModel | undefined {
    const node = fields.value('repeat');
    const repeat = node && Fields.read(node, '"repeat"', keysOf(repeatKeys), this.expressions.findings);
    if (!repeat) return undefined;
    const place = fields.entry('repeat')!.keyRange;
    repeat.exactlyOne(['times', 'while', 'until'], place);
    repeat.require('then', place);
    const times = repeat.value('times');
    const count = times && this.input(times, z.int().min(0).max(1_000_000), this.outputs.visible(outer), '"times"');
    const inner = outer.with({
      repeat: { kind: 'object', fields: { index: { type: { kind: 'number' }, optional: false } } },
    });
    const loopWhile = this.expressions.condition(repeat.value('while'), '"while"', this.outputs.visible(inner));
    const steps = this.readList(repeat.entry('then'), `${base.path}.repeat`, inner);
    const until = this.expressions.condition(repeat.value('until'), '"until"', this.outputs.visible(inner));
    const constant = times?.kind === 'scalar' && typeof times.value === 'number' ? times.value : 0;
    const max = repeat.number('max', { minimum: 1, maximum: 1_000_000 }) ?? Math.max(100, constant);
    return {
      ...base,
      kind: 'repeat',
      steps,
      ...(count && { times: count }),
      ...(loopWhile && { while: loopWhile }),
      ...(until && { until }),
      max,
    };
  }

  private readWait(base: StepBase, step: Fields, scope: Scope): StepModel | undefined {
    const node = step.value('wait');
    if (!node) return undefined;
    if (node.kind !== 'mapping') return { ...base, kind: 'wait', for: this.durationTemplate(node, scope) };
    const fields = Fields.read(node, '"wait"', keysOf(waitKeys), this.expressions.findings)!;
    const kind = fields.exactlyOne(['for', 'until'], step.entry('wait')!.keyRange);
    fields.onlyWith(['timeout'], 'beside "until"', kind?.key === 'until');
    if (fields.has('timeout')) step.onlyWith(['timeout'], 'once: it also stands inside of "wait"', false);
    const timeout = fields.duration('timeout', { positive: true });
    const forNode = fields.value('for');
    const until = this.expressions.condition(fields.value('until'), '"until"', scope);
    return {
      ...base,
      ...(timeout && { timeout }),
      kind: 'wait',
      ...(forNode && { for: this.durationTemplate(forNode, scope) }),
      ...(until && { until }),
    };
  }

  /** Gives a Duration, also when the expression gives its text. */
  private durationTemplate(node: SourceNode, scope: Scope): Template {
    const template = this.input(node, duration(), scope, '"wait"');
    return {
      type: { kind: 'duration' },
      dependencies: template.dependencies,
      reads: template.reads,
      evaluate: (bindings) => {
        const value = template.evaluate(bindings);
        return typeof value === 'string' ? Duration.parse(value) : value;
      },
    };
  }

  private readStop(base: StepBase, { value: node, keyRange }: MappingEntry, scope: Scope): StepModel | undefined {
    if (node.kind !== 'mapping')
      return { ...base, kind: 'stop', reason: this.input(node, z.string(), scope, '"stop"'), failed: false };
    const fields = Fields.read(node, '"stop"', keysOf(stopKeys), this.expressions.findings)!;
    if (!fields.require('reason', keyRange)) return undefined;
    const failed = fields.boolean('failed') ?? false;
    return {
      ...base,
      kind: 'stop',
      reason: this.input(fields.entry('reason')!.value, z.string(), scope, '"reason"'),
      failed,
    };
  }

  private readEmit(base: StepBase, { value: node, keyRange }: MappingEntry, scope: Scope): StepModel | undefined {
    const fields = Fields.read(node, '"emit"', keysOf(emitKeys), this.expressions.findings);
    if (!fields?.require('event', keyRange)) return undefined;
    const event = this.input(fields.entry('event')!.value, z.string().min(1), scope, '"event"');
    const data = fields.entry('data')?.value;
    const nothing: Template = { type: { kind: 'null' }, dependencies: new Set(), reads: [], evaluate: () => null };
    return { ...base, kind: 'emit', event, data: data ? this.input(data, z.unknown(), scope, '"data"') : nothing };
  }

  private input(node: SourceNode, schema: z.ZodType, scope: Scope, owner: string): Template {
    return InputCheck.check(node, schema, { expressions: this.expressions, scope, owner, place: node.range }).template;
  }
}
