import { busError } from '../errors.js';

/** One complete type; `child` holds the element of an array, the members of a struct, or key and value of a dict entry. */
export interface TypeNode {
  readonly type: string;
  readonly child: readonly TypeNode[];
}

const basicTypes = 'ybnqiuxtdsogh';
const parsed = new Map<string, readonly TypeNode[]>();
/** Signatures come from peers too, so that the memory for parsed ones has an end. */
const rememberedSignatures = 500;

/**
 * The complete types of a signature (D-Bus specification, "Type System").
 * @throws DeviceError `DBUS_SIGNATURE_MALFORMED`
 */
export function parseSignature(signature: string): readonly TypeNode[] {
  const known = parsed.get(signature);
  if (known) return known;
  const types = new SignatureParser(signature).parseAll();
  if (parsed.size >= rememberedSignatures) parsed.clear();
  parsed.set(signature, types);
  return types;
}

export function formatType(node: TypeNode): string {
  const children = node.child.map(formatType).join('');
  if (node.type === '(') return `(${children})`;
  if (node.type === '{') return `{${children}}`;
  return node.type + children;
}

class SignatureParser {
  private position = 0;

  constructor(private readonly signature: string) {}

  parseAll(): readonly TypeNode[] {
    if (this.signature.length > 255) throw this.malformed('it is longer than 255 characters');
    const types: TypeNode[] = [];
    while (this.position < this.signature.length) types.push(this.parseOne(0));
    return types;
  }

  private parseOne(depth: number): TypeNode {
    if (depth > 64) throw this.malformed('it is nested too deeply');
    const type = this.signature[this.position++];
    if (type === undefined) throw this.malformed('it ends in the middle of a type');
    if (basicTypes.includes(type) || type === 'v') return { type, child: [] };
    if (type === '(') return this.parseStruct(depth);
    if (type !== 'a') throw this.malformed(`"${type}" at ${this.position} is not a type`);
    if (this.signature[this.position] !== '{') return { type, child: [this.parseOne(depth + 1)] };
    this.position++;
    return { type, child: [this.parseDictEntry(depth + 1)] };
  }

  private parseStruct(depth: number): TypeNode {
    const child: TypeNode[] = [];
    while (this.signature[this.position] !== ')') child.push(this.parseOne(depth + 1));
    this.position++;
    if (child.length === 0) throw this.malformed('a struct has no members');
    return { type: '(', child };
  }

  private parseDictEntry(depth: number): TypeNode {
    const key = this.parseOne(depth);
    if (!basicTypes.includes(key.type)) throw this.malformed('the key of a map is not a basic type');
    const value = this.parseOne(depth);
    if (this.signature[this.position++] !== '}') throw this.malformed('a map entry does not end after its value');
    return { type: '{', child: [key, value] };
  }

  private malformed(reason: string): Error {
    return busError('DBUS_SIGNATURE_MALFORMED', `"${this.signature}" is not a D-Bus signature: ${reason}.`);
  }
}
