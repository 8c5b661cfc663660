import { busError } from '../errors.js';
import { formatType, parseSignature, type TypeNode } from './signature.js';

/**
 * Between D-Bus values and the plain values of rules and plugins:
 *
 * | D-Bus            | plain                                                                      |
 * |------------------|----------------------------------------------------------------------------|
 * | b                | boolean                                                                    |
 * | y n q i u d h    | number                                                                     |
 * | x t              | number; beyond 2^53 the nearest double. To send all 64 bits exactly, write the digits as a text or pass a bigint |
 * | s o g            | text                                                                       |
 * | aX               | list; of bytes too (a text is sent as its UTF-8 bytes)                      |
 * | a{kX}            | map; keys that are numbers or booleans become text                         |
 * | (XY)             | list                                                                       |
 * | v                | the value inside. To send one, pass the value for b, s, i, x, d, as or av, or `{ signature, value }` for any type |
 */
export function decodeBody(signature: string, body: readonly unknown[]): readonly unknown[] {
  return decodeMembers(parseSignature(signature), body);
}

function decodeMembers(types: readonly TypeNode[], values: readonly unknown[]): unknown[] {
  return types.map((type, index) => decode(type, values[index]));
}

function decode(node: TypeNode, value: unknown): unknown {
  switch (node.type) {
    case 'x':
    case 't':
      return Number(value);
    case 'v': {
      const [types, values] = value as [readonly TypeNode[], readonly unknown[]];
      return decode(types[0]!, values[0]);
    }
    case '(':
      return decodeMembers(node.child, value as readonly unknown[]);
    case 'a':
      return decodeArray(node.child[0]!, value as Iterable<unknown>);
    default:
      return value;
  }
}

function decodeArray(element: TypeNode, values: Iterable<unknown>): unknown {
  if (element.type !== '{') return Array.from(values, (value) => decode(element, value));
  const [, valueType] = element.child;
  const map: Record<string, unknown> = {};
  for (const entry of values) {
    const [key, value] = entry as [string | number | bigint | boolean, unknown];
    setEntry(map, String(key), decode(valueType!, value));
  }
  return map;
}

/** A peer may name a key `__proto__`; it must become an entry and nothing else. */
function setEntry(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

/**
 * The body as the library writes it.
 * @throws DeviceError `DBUS_SIGNATURE_MALFORMED`, `DBUS_ARGUMENT_INVALID`
 */
export function encodeBody(signature: string, args: readonly unknown[]): readonly unknown[] {
  const types = parseSignature(signature);
  if (types.length !== args.length) {
    throw busError(
      'DBUS_ARGUMENT_INVALID',
      `The signature "${signature}" takes ${types.length} argument(s), but ${args.length} were given.`,
    );
  }
  return types.map((type, index) => encode(type, args[index], `argument ${index + 1}`));
}

const integerRanges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  y: [0n, 0xffn],
  n: [-0x8000n, 0x7fffn],
  q: [0n, 0xffffn],
  i: [-0x8000_0000n, 0x7fff_ffffn],
  u: [0n, 0xffff_ffffn],
  // The library refuses the lowest 64-bit integer.
  x: [-0x7fff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn],
  t: [0n, 0xffff_ffff_ffff_ffffn],
};

const objectPath = /^\/(?:[A-Za-z0-9_]+(?:\/[A-Za-z0-9_]+)*)?$/;

function encode(node: TypeNode, value: unknown, place: string): unknown {
  switch (node.type) {
    case 'b':
      if (typeof value !== 'boolean') throw misfit(node, value, place);
      return value;
    case 'd':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw misfit(node, value, place);
      return value;
    case 's':
    case 'g':
    case 'o':
      return encodeText(node, value, place);
    case 'v':
      return encodeVariant(value, place);
    case '(':
      return encodeStruct(node, value, place);
    case 'a':
      return node.child[0]!.type === '{' ? encodeMap(node, value, place) : encodeList(node, value, place);
    default:
      return encodeInteger(node, value, place);
  }
}

function encodeText(node: TypeNode, value: unknown, place: string): string {
  if (typeof value !== 'string' || value.includes('\0')) throw misfit(node, value, place);
  if (node.type === 'o' && !objectPath.test(value)) throw misfit(node, value, place);
  if (node.type === 'g') parseSignature(value);
  return value;
}

function encodeInteger(node: TypeNode, value: unknown, place: string): number | bigint {
  const range = integerRanges[node.type];
  if (!range) throw busError('DBUS_ARGUMENT_INVALID', `The ${place} is a file descriptor, which cannot be sent.`);
  if (!isWhole(value)) throw misfit(node, value, place);
  const integer = BigInt(value);
  if (integer < range[0] || integer > range[1]) throw misfit(node, value, place);
  return node.type === 'x' || node.type === 't' ? integer : Number(integer);
}

/** A number beyond 2^53 is refused: it is not what the user wrote any more. */
function isWhole(value: unknown): value is number | bigint | string {
  if (typeof value === 'string') return /^-?\d{1,20}$/.test(value);
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

function encodeList(node: TypeNode, value: unknown, place: string): readonly unknown[] {
  const element = node.child[0]!;
  if (element.type === 'y' && typeof value === 'string') return [...Buffer.from(value, 'utf8')];
  if (element.type === 'y' && value instanceof Uint8Array) return [...value];
  if (!Array.isArray(value)) throw misfit(node, value, place);
  return value.map((item: unknown, index) => encode(element, item, `${place}, item ${index + 1}`));
}

function encodeMap(node: TypeNode, value: unknown, place: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit(node, value, place);
  const [keyType, valueType] = node.child[0]!.child;
  return Object.entries(value).map(([key, item]) => [
    encodeKey(keyType!, key, `${place}, key "${key}"`),
    encode(valueType!, item, `${place}, value of "${key}"`),
  ]);
}

function encodeKey(node: TypeNode, key: string, place: string): unknown {
  if (node.type === 'b' && (key === 'true' || key === 'false')) return key === 'true';
  if (node.type === 'd') return encode(node, Number(key), place);
  return encode(node, key, place);
}

function encodeStruct(node: TypeNode, value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== node.child.length) throw misfit(node, value, place);
  return node.child.map((type, index) => encode(type, value[index], `${place}, member ${index + 1}`));
}

function encodeVariant(value: unknown, place: string): readonly [string, unknown] {
  const { signature, inner } = isTyped(value)
    ? { signature: value.signature, inner: value.value }
    : { signature: inferredSignature(value, place), inner: value };
  const types = parseSignature(signature);
  if (types.length !== 1) {
    throw busError(
      'DBUS_ARGUMENT_INVALID',
      `The ${place} is a variant of "${signature}", which is not exactly one type.`,
    );
  }
  return [signature, encode(types[0]!, inner, place)];
}

function isTyped(value: unknown): value is { signature: string; value: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  return (
    Object.keys(value).length === 2 && 'value' in value && 'signature' in value && typeof value.signature === 'string'
  );
}

function inferredSignature(value: unknown, place: string): string {
  if (typeof value === 'boolean') return 'b';
  if (typeof value === 'string') return 's';
  if (typeof value === 'bigint') return 'x';
  if (typeof value === 'number' && Number.isInteger(value)) return Math.abs(value) <= 0x7fff_ffff ? 'i' : 'x';
  if (typeof value === 'number') return 'd';
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? 'as' : 'av';
  if (typeof value === 'object' && value !== null) return 'a{sv}';
  throw busError('DBUS_ARGUMENT_INVALID', `The ${place} is ${String(value)}, which D-Bus cannot carry.`);
}

function misfit(node: TypeNode, value: unknown, place: string): Error {
  return busError(
    'DBUS_ARGUMENT_INVALID',
    `The ${place} is ${preview(value)}, which does not fit the type "${formatType(node)}".`,
  );
}

function preview(value: unknown): string {
  if (typeof value === 'bigint') return `${value}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
