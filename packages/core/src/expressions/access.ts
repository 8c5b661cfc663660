import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { FieldType, ValueType } from '../schemas/value-type.js';
import { pathOf } from './presence.js';
import type { Span } from './span.js';
import { booleanType, dynamicType, type Scope, type Term, type TermContext } from './term.js';
import { describeType, kindOf, kindOfType } from './type-relations.js';

type AccessNode = Extract<ASTNode, { op: '.' | '.?' | '[]' | '[?]' }>;

/** `a.b`, `a['b']`, `list[0]`, and `a.?b`, `a[?'b']`, which may find nothing. */
export function compileAccess(context: TermContext, node: AccessNode, scope: Scope): Term {
  const receiver = context.compile(node.args[0], scope);
  const container = receiver.type.kind === 'optional' ? receiver.type.value : receiver.type;
  const optional = receiver.type.kind === 'optional' || node.op === '.?' || node.op === '[?]';
  const name = constantName(node);
  const missingAllowed = optional || provenPresent(node, scope);
  if (name === undefined) {
    const index = context.compileValue(node.args[1] as ASTNode, scope);
    const type = indexedType(context, node, container, index.type);
    return optional
      ? {
          type: { kind: 'optional', value: type },
          evaluate: (bindings) => lookUp(receiver.evaluate(bindings), index.evaluate(bindings)),
        }
      : { type, evaluate: (bindings) => found(context, node, receiver.evaluate(bindings), index.evaluate(bindings)) };
  }
  const type = fieldType(context, node, container, name, missingAllowed);
  return optional
    ? { type: { kind: 'optional', value: type }, evaluate: (bindings) => ownField(receiver.evaluate(bindings), name) }
    : {
        type,
        evaluate: (bindings) => {
          const object = receiver.evaluate(bindings);
          return ownField(object, name) ?? found(context, node, object, name);
        },
      };
}

/** The macro `has(a.b)`: whether the field is there; that `a` is missing is a failure still. */
export function compileHas(context: TermContext, argument: ASTNode, scope: Scope): Term {
  if (argument.op !== '.' && argument.op !== '.?') {
    return context.reject('EXPRESSION_TYPE', argument, 'has() takes a field, such as has(event.label).');
  }
  const [object, name] = argument.args;
  const receiver = context.compile(object, scope);
  const container = receiver.type.kind === 'optional' ? receiver.type.value : receiver.type;
  fieldType(context, argument, container, name, true);
  return { type: booleanType, evaluate: (bindings) => ownField(receiver.evaluate(bindings), name) !== undefined };
}

/** A field by a name that is known when the file is loaded. */
function constantName(node: AccessNode): string | undefined {
  if (node.op === '.' || node.op === '.?') return node.args[1];
  const index = node.args[1];
  return index.op === 'value' && typeof index.args === 'string' ? index.args : undefined;
}

function provenPresent(node: AccessNode, scope: Scope): boolean {
  const path = pathOf(node);
  return path !== undefined && scope.present.has(path);
}

function fieldType(
  context: TermContext,
  node: AccessNode,
  container: ValueType,
  name: string,
  missingAllowed: boolean,
): ValueType {
  const at = memberSpan(node);
  switch (container.kind) {
    case 'dynamic':
      return dynamicType;
    case 'map':
      return container.value;
    case 'object': {
      const field = Object.hasOwn(container.fields, name) ? container.fields[name] : undefined;
      if (!field) return unknownField(context, at, name, container.fields).type;
      if (!field.optional || missingAllowed) return field.type;
      const path = pathOf(node);
      const ask =
        path === undefined
          ? 'Read it with .? and orValue().'
          : `Ask first, as in "has(${path}) && …", or read it with .? and orValue().`;
      return context.reject('EXPRESSION_OPTIONAL_FIELD', at, `"${name}" may be missing.`, ask).type;
    }
    default:
      return context.reject('EXPRESSION_TYPE', at, `A ${describeType(container)} has no field "${name}".`).type;
  }
}

function unknownField(
  context: TermContext,
  at: Span,
  name: string,
  fields: Readonly<Record<string, FieldType>>,
): { readonly type: ValueType } {
  const names = Object.keys(fields);
  const suggestion = didYouMean(name, names);
  const known = names.length > 0 ? `The fields are ${names.join(', ')}.` : 'It has no fields.';
  return context.reject(
    'EXPRESSION_FIELD_UNKNOWN',
    at,
    `There is no field "${name}".`,
    suggestion === undefined ? known : `Did you mean "${suggestion}"? ${known}`,
  );
}

function indexedType(context: TermContext, node: AccessNode, container: ValueType, index: ValueType): ValueType {
  const indexKind = kindOfType(index);
  switch (container.kind) {
    case 'dynamic':
      return dynamicType;
    case 'list':
      if ((indexKind ?? 'number') === 'number') return container.element;
      break;
    case 'map':
      if ((indexKind ?? 'string') === 'string') return container.value;
      break;
    case 'object':
      if ((indexKind ?? 'string') === 'string') return dynamicType;
      break;
    default:
      break;
  }
  const message = `A ${describeType(container)} has no elements by ${describeType(index)}.`;
  return context.reject('EXPRESSION_TYPE', node, message).type;
}

/** Own fields of plain maps only: never what JavaScript objects inherit. */
function ownField(object: unknown, name: string): unknown {
  if (kindOf(object) !== 'map' || !Object.hasOwn(object as object, name)) return undefined;
  return (object as Readonly<Record<string, unknown>>)[name];
}

function lookUp(container: unknown, index: unknown): unknown {
  if (typeof index === 'string') return ownField(container, index);
  return Array.isArray(container) && Number.isInteger(index) ? (container as unknown[])[index as number] : undefined;
}

function found(context: TermContext, node: AccessNode, container: unknown, index: unknown): unknown {
  const value = lookUp(container, index);
  if (value !== undefined) return value;
  const place = typeof index === 'string' ? `"${index}"` : `element ${String(index)}`;
  throw context.fault(memberSpan(node), `There is no ${place} in this ${kindOf(container) ?? 'missing value'}.`);
}

/** The field name of `a.b`, the whole of `a[0]`. */
function memberSpan(node: AccessNode): Span {
  return { start: node.op === '.' || node.op === '.?' ? node.pos : node.start, end: node.end };
}
