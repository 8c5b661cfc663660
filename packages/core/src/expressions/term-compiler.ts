import type { ASTNode } from '@marcbachmann/cel-js';
import { coreDiagnostic, coreError, type CoreErrorCode } from '../diagnostics/core-errors.js';
import type { DeviceError } from '../diagnostics/device-error.js';
import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { FieldPath } from '../schemas/field-set.js';
import type { ValueType } from '../schemas/value-type.js';
import { compileAccess } from './access.js';
import { compileCall, compileMethod } from './calls.js';
import type { Bindings, SourceText } from './expression.js';
import {
  neverEqual,
  operation,
  operationType,
  operatorMismatch,
  operatorRemedy,
  type BinaryOperator,
} from './operators.js';
import { operationWork } from './operator-work.js';
import { provenBy, readPathOf } from './presence.js';
import { withParentheses } from './scanner.js';
import type { Span } from './span.js';
import { booleanType, dynamicType, numberType, type Scope, type Term, type TermContext } from './term.js';
import { describeType, kindOf, kindOfType, unify } from './type-relations.js';
import { WorkBudget } from './work-budget.js';

type ValueTerm = Term & { readonly type: ValueType };

/** A sub-expression as `explain` shows it. */
export interface Part {
  readonly span: Span;
  evaluate(bindings: Bindings): unknown;
}

/** Checks the tree of one expression against the types of its variables and turns it into closures, in one walk. */
export class TermCompiler implements TermContext {
  readonly diagnostics: Diagnostic[] = [];
  /** The fields that it reads, each from its name on; a field of a field stands for both. */
  readonly reads: FieldPath[] = [];
  /** Sub-expressions outside of macros, outermost first. */
  readonly parts: Part[] = [];
  readonly budget = new WorkBudget((at) => this.rangeOf(at));
  #size = 0;

  constructor(private readonly source: SourceText) {}

  get size(): number {
    return this.#size;
  }

  compile(node: ASTNode, scope: Scope): Term {
    this.#size += 1;
    const place = this.parts.length;
    const readBefore = this.reads.length;
    const term = this.#compileNode(node, scope);
    const path = readPathOf(node);
    if (path && !scope.locals.has(path[0]!)) this.reads.splice(readBefore, Infinity, path);
    // What a field lies in is not read as a whole, and may hold what stands in the place of others.
    if (path || isHas(node)) this.parts.length = place;
    if (scope.macroDepth === 0 && !isConstant(node)) {
      this.parts.splice(place, 0, { span: node, evaluate: (bindings) => term.evaluate(bindings) });
    }
    return term;
  }

  compileValue(node: ASTNode, scope: Scope): ValueTerm {
    const term = this.compile(node, scope);
    if (term.type.kind !== 'optional') return term as ValueTerm;
    return this.reject(
      'EXPRESSION_TYPE',
      node,
      'This may be missing.',
      `Say what holds then, such as ${this.source.text.slice(node.start, node.end)}.orValue('').`,
    );
  }

  reject(code: CoreErrorCode, at: Span, message: string, remedy?: string): ValueTerm {
    this.diagnostics.push(
      coreDiagnostic(code, message, { range: this.rangeOf(at), ...(remedy !== undefined && { remedy }) }),
    );
    return {
      type: dynamicType,
      evaluate: () => {
        throw this.fault(at, message);
      },
    };
  }

  fault(at: Span, message: string): DeviceError {
    return coreError('EXPRESSION_FAILED', message, { range: this.rangeOf(at) });
  }

  rangeOf(at: Span): SourceRange {
    const { start, end } = withParentheses(this.source.text, at);
    return this.source.rangeOf(start, end);
  }

  #compileNode(node: ASTNode, scope: Scope): Term {
    switch (node.op) {
      case 'value':
        return this.#literal(node, node.args);
      case 'id':
        return this.#name(node, node.args, scope);
      case '.':
      case '.?':
      case '[]':
      case '[?]':
        return compileAccess(this, node, scope);
      case 'call':
        return compileCall(this, node, scope);
      case 'rcall':
        return compileMethod(this, node, scope);
      case 'list':
        return this.#list(node.args, scope);
      case 'map':
        return this.#map(node.args, scope);
      case '?:':
        return this.#choice(node, node.args, scope);
      case '&&':
      case '||':
        return this.#logical(node, node.op, node.args, scope);
      case '!_':
        return this.#not(node.args, scope);
      case '-_':
        return this.#negative(node.args, scope);
      default:
        return this.#binary(node, node.op as BinaryOperator, node.args as readonly [ASTNode, ASTNode], scope);
    }
  }

  /** Whole literals (`bigint`, `UnsignedInt`) become doubles, as all numbers are. */
  #literal(at: Span, literal: unknown): Term {
    const whole = typeof literal === 'bigint' || kindOf(literal) === 'map';
    const value = whole ? Number(literal) : literal;
    if (whole && !Number.isSafeInteger(value)) {
      return this.reject('EXPRESSION_TYPE', at, 'The number is too large to be exact.', 'Write a number below 2^53.');
    }
    const kind = kindOf(value)!;
    const type: ValueType = kind === 'string' ? { kind, values: [value as string] } : ({ kind } as ValueType);
    return { type, evaluate: () => value };
  }

  #name(at: Span, name: string, scope: Scope): Term {
    const local = scope.locals.get(name);
    if (local) return { type: local.type, evaluate: () => local.value };
    if (!Object.hasOwn(scope.variables, name)) return this.#unknownName(at, name, scope);
    return {
      type: scope.variables[name]!,
      evaluate: (bindings) => {
        const value = bindings[name];
        if (value === undefined) throw this.fault(at, `"${name}" has no value.`);
        return value;
      },
    };
  }

  #unknownName(at: Span, name: string, scope: Scope): Term {
    const names = [...scope.locals.keys(), ...Object.keys(scope.variables)];
    const suggestion = didYouMean(name, names);
    const known = names.length > 0 ? `It can read ${names.join(', ')}.` : 'It can read no names here.';
    return this.reject(
      'EXPRESSION_NAME_UNKNOWN',
      at,
      `There is no "${name}" here.`,
      suggestion === undefined ? known : `Did you mean "${suggestion}"? ${known}`,
    );
  }

  #list(items: readonly ASTNode[], scope: Scope): Term {
    const terms = items.map((item) => this.compileValue(item, scope));
    const element = terms
      .map((term) => term.type)
      .reduce<ValueType | undefined>(
        (all, type) => (all === undefined ? type : (unify(all, type) ?? dynamicType)),
        undefined,
      );
    return {
      type: { kind: 'list', element: element ?? dynamicType },
      evaluate: (bindings) => terms.map((term) => term.evaluate(bindings)),
    };
  }

  #map(entries: readonly (readonly [ASTNode, ASTNode])[], scope: Scope): Term {
    const fields: Record<string, { type: ValueType; optional: boolean }> = {};
    const pairs = entries.flatMap(([key, item]) => {
      const term = this.compileValue(item, scope);
      if (key.op !== 'value' || typeof key.args !== 'string' || key.args === '__proto__') {
        this.reject('EXPRESSION_TYPE', key, 'A key of a map has to be a plain string.');
        return [];
      }
      fields[key.args] = { type: term.type, optional: false };
      return [[key.args, term] as const];
    });
    return {
      type: { kind: 'object', fields },
      evaluate: (bindings) => Object.fromEntries(pairs.map(([key, term]) => [key, term.evaluate(bindings)])),
    };
  }

  #choice(at: Span, [condition, consequent, alternate]: readonly [ASTNode, ASTNode, ASTNode], scope: Scope): Term {
    const test = this.#boolean(condition, scope);
    const left = this.compileValue(consequent, withPresent(scope, provenBy(condition, true)));
    const right = this.compileValue(alternate, withPresent(scope, provenBy(condition, false)));
    const type = unify(left.type, right.type);
    if (!type) {
      const kinds = `a ${describeType(left.type)} and a ${describeType(right.type)}`;
      return this.reject('EXPRESSION_TYPE', at, `The two outcomes of "? :" are ${kinds}.`, 'Give both the same type.');
    }
    return { type, evaluate: (bindings) => (test(bindings) ? left : right).evaluate(bindings) };
  }

  /** A side that decides outweighs one that fails (CEL language definition, "Logical operators"). */
  #logical(at: Span, operator: '&&' | '||', [first, second]: readonly [ASTNode, ASTNode], scope: Scope): Term {
    const decisive = operator === '||';
    const left = this.#boolean(first, scope);
    const right = this.#boolean(second, withPresent(scope, provenBy(first, !decisive)));
    return {
      type: booleanType,
      evaluate: (bindings) => {
        let outcome: boolean;
        try {
          outcome = left(bindings);
        } catch (error) {
          this.budget.passOver(error, at);
          if (right(bindings) === decisive) return decisive;
          throw error;
        }
        return outcome === decisive ? decisive : right(bindings);
      },
    };
  }

  #not(operand: ASTNode, scope: Scope): Term {
    const inner = this.#boolean(operand, scope);
    return { type: booleanType, evaluate: (bindings) => !inner(bindings) };
  }

  #negative(operand: ASTNode, scope: Scope): Term {
    const inner = this.compileValue(operand, scope);
    if ((kindOfType(inner.type) ?? 'number') !== 'number') {
      return this.reject('EXPRESSION_TYPE', operand, `"-" takes a number, but this is a ${describeType(inner.type)}.`);
    }
    return {
      type: numberType,
      evaluate: (bindings) => {
        const value = inner.evaluate(bindings);
        if (typeof value === 'number') return -value;
        throw this.fault(operand, `"-" takes a number, but this is a ${kindOf(value)}.`);
      },
    };
  }

  #binary(at: Span, operator: BinaryOperator, [first, second]: readonly [ASTNode, ASTNode], scope: Scope): Term {
    const left = this.compileValue(first, scope);
    const right = this.compileValue(second, scope);
    const type = operationType(operator, left.type, right.type);
    if (!type) {
      const message = operatorMismatch(operator, left.type, right.type);
      return this.reject('EXPRESSION_TYPE', at, message, operatorRemedy(left.type, right.type));
    }
    const never = neverEqual(operator, left.type, right.type);
    if (never) {
      const suggestion = didYouMean(never.literal, never.values);
      const remedy = `${suggestion === undefined ? '' : `Did you mean "${suggestion}"? `}It can be ${never.values.join(', ')}.`;
      return this.reject('EXPRESSION_NEVER_EQUAL', at, `It can never be "${never.literal}".`, remedy);
    }
    const run = operation(operator);
    const work = operationWork(operator, left.type, right.type);
    if (!work) return { type, evaluate: (bindings) => run(left.evaluate(bindings), right.evaluate(bindings)) };
    return {
      type,
      evaluate: (bindings) => {
        const values = [left.evaluate(bindings), right.evaluate(bindings)] as const;
        this.budget.spend(work(...values, this.budget.left), at);
        return run(...values);
      },
    };
  }

  #boolean(node: ASTNode, scope: Scope): (bindings: Bindings) => boolean {
    const term = this.compileValue(node, scope);
    if ((kindOfType(term.type) ?? 'boolean') !== 'boolean') {
      this.reject('EXPRESSION_TYPE', node, `A boolean is needed here, but this is a ${describeType(term.type)}.`);
    }
    return (bindings) => {
      const value = term.evaluate(bindings);
      if (typeof value === 'boolean') return value;
      throw this.fault(node, `A boolean is needed here, but this is a ${kindOf(value)}.`);
    };
  }
}

function isHas(node: ASTNode): boolean {
  return node.op === 'call' && node.args[0] === 'has';
}

function isConstant(node: ASTNode): boolean {
  return node.op === 'value' || (node.op === 'call' && node.args[1].every(isConstant));
}

function withPresent(scope: Scope, paths: readonly string[]): Scope {
  return paths.length === 0 ? scope : { ...scope, present: new Set([...scope.present, ...paths]) };
}
