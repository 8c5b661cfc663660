import { Duration } from '../clock/duration.js';
import type { Branch, LimitModel, PatternModel, RuleModel, RungModel, StepModel } from '../config/rule-model.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import type { Expression, Template } from '../expressions/expression.js';
import { plainSource } from '../expressions/source-text.js';
import type { ValueType } from '../schemas/value-type.js';

/** A rule or a part of it, written as in the file. */
export type Notation = { readonly [key: string]: unknown };

const dynamic: ValueType = { kind: 'dynamic' };
const names = ['a', 'b', 'device', 'event', 'trigger', 'rule', 'key', 'repeat', 'error', 'secrets', 'out', 'other'];
const variables = Object.fromEntries(names.map((name) => [name, dynamic]));
const position = { line: 1, column: 1, offset: 0 };
const range: SourceRange = { file: 'test.yml', start: position, end: position };
const compiler = new CelCompiler();

function cel(text: string): Expression {
  const compiled = compiler.compile(plainSource(text), variables);
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join('\n'));
  return compiled.value;
}

function template(value: unknown): Template {
  if (typeof value === 'string') {
    const compiled = compiler.compileTemplate(plainSource(value), variables);
    if (compiled?.ok) return compiled.value;
  }
  if (typeof value !== 'object' || value === null) {
    return { type: dynamic, dependencies: new Set(), reads: [], evaluate: () => value };
  }
  const fields = Object.entries(value).map(([name, field]) => [name, template(field)] as const);
  return {
    type: dynamic,
    dependencies: new Set(fields.flatMap(([, field]) => [...field.dependencies])),
    reads: fields.flatMap(([, field]) => field.reads),
    evaluate: (bindings) => Object.fromEntries(fields.map(([name, field]) => [name, field.evaluate(bindings)])),
  };
}

const time = (value: unknown): Duration => Duration.parse(value as string);
const list = (value: unknown): Notation[] => (value ?? []) as Notation[];

/** `{ custom: { event: 'door' } }`, or `custom: null`, or one of count, all, sequence, absence. */
function pattern(notation: Notation): PatternModel {
  const { count, all, sequence, absence, where, debounce, throttle, ...stream } = notation as Record<string, Notation>;
  if (count)
    return { kind: 'count', of: pattern(count.of as Notation), n: count.n as number, within: time(count.within) };
  if (all) return { kind: 'all', of: list(all.of).map(pattern), within: time(all.within) };
  if (sequence) return { kind: 'sequence', of: list(sequence.of).map(pattern), within: time(sequence.within) };
  if (absence) return { kind: 'absence', of: pattern(absence.of as Notation), within: time(absence.within) };
  const [name, match] = Object.entries(stream)[0]!;
  return {
    kind: 'event',
    selector: { stream: name, parameters: {}, match: match ?? {} },
    ...(where && { where: cel(where as unknown as string) }),
    ...(debounce && { debounce: time(debounce) }),
    ...(throttle && { throttle: time(throttle) }),
  };
}

function limitOf(notation: Notation): LimitModel {
  const { runs, per, cooldown, then = 'skip' } = notation;
  return {
    ...(runs !== undefined && { runs: runs as number }),
    ...(per !== undefined && { per: time(per) }),
    ...(cooldown !== undefined && { cooldown: time(cooldown) }),
    then: then as LimitModel['then'],
    isDefault: false,
  };
}

function steps(notations: unknown, path: string): StepModel[] {
  return list(notations).map((notation, index) => step(notation, `${path}[${index}]`));
}

function step(notation: Notation, path: string): StepModel {
  const base = {
    path,
    range,
    onError: (notation['on-error'] ?? 'fail') as 'fail' | 'continue',
    ...(notation.if !== undefined && { if: cel(notation.if as string) }),
    ...(notation.timeout !== undefined && { timeout: time(notation.timeout) }),
  };
  return { ...base, ...kindOf(notation, path) } as StepModel;
}

function kindOf(notation: Notation, path: string): Record<string, unknown> {
  if (notation.do) {
    const { retry } = notation as { readonly retry?: Notation };
    return {
      kind: 'do',
      call: { action: notation.do, input: template(notation.with ?? {}) },
      ...(notation.as !== undefined && { as: notation.as }),
      ...(retry && {
        retry: {
          attempts: retry.attempts,
          delay: time(retry.delay),
          factor: retry.factor ?? 2,
          maxDelay: time(retry['max-delay'] ?? '5m'),
          jitter: retry.jitter ?? 0,
        },
      }),
    };
  }
  if (notation.choose) {
    const branches = list(notation.choose);
    return {
      kind: 'choose',
      branches: branches
        .filter((branch) => branch.if !== undefined)
        .map((branch, index): Branch => ({
          if: cel(branch.if as string),
          steps: steps(branch.then, `${path}.choose[${index}]`),
        })),
      otherwise: steps(branches.find((branch) => branch.else)?.else, `${path}.else`),
    };
  }
  if (notation.parallel) {
    const branches = list(notation.parallel);
    return { kind: 'parallel', branches: branches.map((branch, index) => steps(branch, `${path}.parallel[${index}]`)) };
  }
  if (notation.repeat) {
    const repeat = notation.repeat as Notation;
    return {
      kind: 'repeat',
      steps: steps(repeat.then, `${path}.repeat`),
      max: repeat.max ?? 100,
      ...(repeat.times !== undefined && { times: template(repeat.times) }),
      ...(repeat.while !== undefined && { while: cel(repeat.while as string) }),
      ...(repeat.until !== undefined && { until: cel(repeat.until as string) }),
    };
  }
  if (typeof notation.wait === 'string') return { kind: 'wait', for: template(notation.wait) };
  if (notation.wait) return { kind: 'wait', until: cel((notation.wait as Notation).until as string) };
  if (typeof notation.stop === 'string') return { kind: 'stop', reason: template(notation.stop), failed: false };
  if (notation.stop) {
    const { reason, failed } = notation.stop as Notation;
    return { kind: 'stop', reason: template(reason), failed };
  }
  const { event, data } = notation.emit as Notation;
  return { kind: 'emit', event: template(event), data: template(data) };
}

function triggerOf(notation: Notation): RuleModel['trigger'] {
  if (notation.on) return { kind: 'event', patterns: list(notation.on).map(pattern) };
  if (notation.while) {
    const hold = notation.hold as Notation | undefined;
    return {
      kind: 'hold',
      condition: cel(notation.while as string),
      ...(hold && { hold: { action: hold.do as string, input: template(hold.with ?? {}) } }),
    };
  }
  return {
    kind: 'level',
    condition: cel(notation.when as string),
    atStart: (notation['at-start'] ?? 'fire') as 'fire',
    ...(notation.for !== undefined && { for: time(notation.for) }),
    ...(notation.clear !== undefined && { clear: cel(notation.clear as string) }),
    ...(notation['on-gap'] !== undefined && { onGap: notation['on-gap'] as 'resume' }),
    ...(notation['reset-after'] !== undefined && { resetAfter: time(notation['reset-after']) }),
  };
}

/** The model of a rule written as in the file; what it leaves out has the defaults of the grammar. */
export function ruleFrom(notation: Notation, name = 'rule'): RuleModel {
  return {
    name,
    range,
    meaning: `${name} ${JSON.stringify(notation)}`,
    enabled: notation.enabled !== false,
    shadow: notation.shadow === true,
    trigger: triggerOf(notation),
    mode: (notation.mode ?? 'single') as RuleModel['mode'],
    max: (notation.max ?? 10) as number,
    steps: steps(notation.then, 'then'),
    rungs: list(notation.escalate).map((rung, index): RungModel => ({
      after: time(rung.after),
      steps: steps(rung.then, `escalate[${index}].then`),
      range,
      ...(rung.limit !== undefined && { limit: limitOf(rung.limit as Notation) }),
    })),
    until: list(notation.until).map(pattern),
    catch: steps(notation.catch, 'catch'),
    finally: steps(notation.finally, 'finally'),
    ...(notation.if !== undefined && { condition: cel(notation.if as string) }),
    ...(notation.key !== undefined && { key: cel(notation.key as string) }),
    ...(notation.limit !== undefined && { limit: limitOf(notation.limit as Notation) }),
    ...(notation.timeout !== undefined && { timeout: time(notation.timeout) }),
  };
}
