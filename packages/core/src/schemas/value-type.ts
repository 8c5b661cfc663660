/**
 * The type of a value as expressions see it (CEL types, https://github.com/google/cel-spec, section "Values").
 * All numbers of streams are doubles; durations and timestamps have types of their own, so that comparing one with a
 * bare number is an error when the file is loaded. A value may always be null besides.
 */
export type ValueType =
  | { readonly kind: 'boolean' | 'number' | 'duration' | 'timestamp' | 'bytes' | 'null' | 'dynamic' }
  /** `values`: the only texts it can be, where they are known. */
  | { readonly kind: 'string'; readonly values?: readonly string[] }
  | { readonly kind: 'list'; readonly element: ValueType }
  /** String keys, values of one type: `properties` of a udev event. */
  | { readonly kind: 'map'; readonly value: ValueType }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, FieldType>> };

export interface FieldType {
  readonly type: ValueType;
  /** May be missing at run time; an expression has to ask with `has()` or `.?`. */
  readonly optional: boolean;
  readonly description?: string;
}
