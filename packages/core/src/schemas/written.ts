import type { Duration } from '../clock/duration.js';

/** A value before its schema has read it: fields may be left out for their defaults, quantities are texts. */
export type Written<Value> = Value extends Duration
  ? Duration | string
  : Value extends Date
    ? Date | string
    : Value extends number
      ? Value | string
      : Value extends readonly (infer Element)[]
        ? readonly Written<Element>[]
        : Value extends object
          ? { readonly [Field in keyof Value]?: Written<Value[Field]> }
          : Value;
