import { z } from '@devicerc/core';
import { parseSignature, type TypeNode } from './signature.js';

/** A text that is one or more complete D-Bus types. */
export function signatureText(): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    try {
      parseSignature(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

/** A text that is exactly one complete D-Bus type, such as the type of a property. */
export function singleTypeText(): z.ZodType<string, string> {
  return signatureText().refine(
    (text) => !isSignature(text) || parseSignature(text).length === 1,
    'Write exactly one complete D-Bus type, such as b, s, u, as or a{sv}.',
  );
}

/** The schema of the plain values that a D-Bus type is decoded to, see {@link ./values.ts}. */
export function valueSchemaOf(type: string): z.ZodType {
  return schemaOf(parseSignature(type)[0]!);
}

function isSignature(text: string): boolean {
  try {
    return parseSignature(text).length > 0;
  } catch {
    return false;
  }
}

function schemaOf(node: TypeNode): z.ZodType {
  switch (node.type) {
    case 'b':
      return z.boolean();
    case 's':
    case 'o':
    case 'g':
      return z.string();
    case 'v':
      return z.unknown();
    case '(':
      return z.array(z.unknown());
    case 'a': {
      const element = node.child[0]!;
      return element.type === '{' ? z.record(z.string(), schemaOf(element.child[1]!)) : z.array(schemaOf(element));
    }
    default:
      return z.number();
  }
}
