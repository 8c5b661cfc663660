import type { Duration } from '../clock/duration.js';
import type { SecretMask } from './secret-mask.js';

/** A value as JSON has it: durations such as `10m`, points in time and large integers are texts. */
export type Plain<Type> = Type extends Duration | Date | bigint
  ? string
  : Type extends object
    ? { readonly [Field in keyof Type]: Plain<Type[Field]> }
    : Type;

/** A copy as JSON has it, with every secret in it masked. */
export function plainAnswer<Type>(value: Type, mask: SecretMask): Plain<Type> {
  return mask.structure(JSON.parse(JSON.stringify(value ?? null, plainItem))) as Plain<Type>;
}

/** What JSON has no form for. */
function plainItem(_key: string, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item;
}
