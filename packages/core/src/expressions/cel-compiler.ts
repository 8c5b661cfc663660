import { coreDiagnostic, coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { ValueType } from '../schemas/value-type.js';
import { parseCel } from './cel-parser.js';
import {
  ExpressionCompiler,
  type Bindings,
  type Compilation,
  type Expression,
  type SourceText,
  type SubExpressionValue,
  type Template,
  type Variables,
} from './expression.js';
import { namesOf } from './presence.js';
import { withParentheses } from './scanner.js';
import { compileTemplate, writtenText, type TextExpression } from './template.js';
import { TermCompiler } from './term-compiler.js';
import type { Scope, Term } from './term.js';
import { describeType, kindOf, kindOfType } from './type-relations.js';
import { stepsPerEvaluation, type WorkBudget } from './work-budget.js';

/** To explain an expression, all of its parts are evaluated, and what is in them with each. */
const evaluationsOfExplain = 4;

const compilers = new WeakMap<Expression, TermCompiler>();

/**
 * CEL, checked against the types of its variables when the file is loaded. Other than CEL, all numbers are doubles (whole
 * literals too, so `7 / 2` is 3.5), dividing by zero fails, and `matches()` runs in linear time.
 */
export class CelCompiler extends ExpressionCompiler {
  override compile(source: SourceText, variables: Variables, expected?: ValueType): Compilation<TextExpression> {
    const parsed = parseCel(source);
    if (!parsed.ok) return parsed;
    const compiler = new TermCompiler(source);
    const term = compiler.compileValue(parsed.value, outermost(variables));
    if (compiler.diagnostics.length > 0) return { ok: false, diagnostics: compiler.diagnostics };
    if (expected && !fits(term.type, expected)) {
      const message = `This is a ${describeType(term.type)}, but a ${describeType(expected)} is needed.`;
      const range = source.rangeOf(0, source.text.length);
      return { ok: false, diagnostics: [coreDiagnostic('EXPRESSION_TYPE', message, { range })] };
    }
    const { budget, reads } = compiler;
    const dependencies = namesOf(reads);
    const evaluate = evaluation(source, term, budget, expected);
    const write = (bindings: Bindings): string => writtenText(evaluate(bindings), source, budget);
    const expression = { source, type: term.type, dependencies, reads, evaluate, write };
    compilers.set(expression, compiler);
    return { ok: true, value: expression };
  }

  override compileTemplate(source: SourceText, variables: Variables): Compilation<Template> | undefined {
    return compileTemplate(source, (part) => this.compile(part, variables));
  }

  override explain(expression: Expression, bindings: Bindings): readonly SubExpressionValue[] {
    const { text } = expression.source;
    const compiler = compilers.get(expression);
    if (!compiler) return [];
    const { parts, budget } = compiler;
    let steps = evaluationsOfExplain * stepsPerEvaluation;
    return parts.map(({ span, evaluate }) => {
      const { start, end } = withParentheses(text, span);
      const part = text.slice(start, end);
      const granted = Math.min(steps, stepsPerEvaluation);
      budget.renew(granted);
      try {
        return { text: part, value: evaluate(bindings) };
      } catch (error) {
        return { text: part, value: undefined, error: (error as Error).message };
      } finally {
        steps -= granted - Math.max(budget.left, 0);
      }
    });
  }
}

function outermost(variables: Variables): Scope {
  return { variables, locals: new Map(), present: new Set(), macroDepth: 0 };
}

function fits(type: ValueType, expected: ValueType): boolean {
  const [kind, expectedKind] = [kindOfType(type), kindOfType(expected)];
  return kind === undefined || expectedKind === undefined || kind === expectedKind;
}

/** Faults leave with a place in the file; a value of unknown type is held against the expected one. */
function evaluation(
  source: SourceText,
  term: Term,
  budget: WorkBudget,
  expected: ValueType | undefined,
): (bindings: Bindings) => unknown {
  const expectedKind = expected && kindOfType(expected);
  const whole = (): ReturnType<SourceText['rangeOf']> => source.rangeOf(0, source.text.length);
  return (bindings) => {
    budget.renew();
    let value: unknown;
    try {
      value = term.evaluate(bindings);
    } catch (cause) {
      if (cause instanceof DeviceError && cause.range) throw cause;
      throw coreError('EXPRESSION_FAILED', (cause as Error).message, { range: whole(), cause });
    }
    if (expectedKind !== undefined && kindOf(value) !== expectedKind) {
      throw coreError('EXPRESSION_FAILED', `The value is a ${kindOf(value)}, but a ${expectedKind} is needed.`, {
        range: whole(),
      });
    }
    return value;
  };
}
