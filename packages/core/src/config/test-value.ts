import type { z } from '../schemas/schema.js';
import type { Findings } from './findings.js';
import { firstLine } from './fields.js';
import { reportUnknownField } from './input-check.js';
import { reportIssues } from './schema-issues.js';
import { partOf, shapeOf } from './schema-shape.js';
import { plainValue, type SourceNode } from './source-node.js';

/**
 * A value of a test, typed by a schema: durations and times become what they are. Fields that the test does not need may
 * be missing, at any depth; a field that the schema does not have is reported, and so is a value that does not fit.
 * @param schema undefined where the schema does not say: the value is taken as it is
 * @param owner what the value belongs to, in the words of a user: `the stream "clock"`
 */
export function readPart(node: SourceNode, schema: z.ZodType | undefined, owner: string, findings: Findings): unknown {
  const shape = schema && node.kind === 'mapping' ? shapeOf(schema) : undefined;
  if (!schema || !shape || node.kind !== 'mapping') return readWhole(node, schema, owner, findings);
  const fields = node.entries.flatMap(({ key, keyRange, value }) => {
    const part = shape.fields.get(key) ?? partOf(schema, key);
    if (!part && !shape.open) {
      reportUnknownField(findings, key, keyRange, owner, shape.fields.keys());
      return [];
    }
    return [[key, readPart(value, part, `"${key}" of ${owner}`, findings)] as const];
  });
  return Object.fromEntries(fields);
}

/** As {@link readPart}, but with every field that the schema asks for. */
export function readWhole(node: SourceNode, schema: z.ZodType | undefined, owner: string, findings: Findings): unknown {
  const value = plainValue(node);
  if (!schema) return value;
  const shape = node.kind === 'mapping' ? shapeOf(schema) : undefined;
  if (shape && !shape.open && node.kind === 'mapping')
    for (const { key, keyRange } of node.entries)
      if (!shape.fields.has(key)) reportUnknownField(findings, key, keyRange, owner, shape.fields.keys());
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  reportIssues(parsed.error.issues, { node, owner, place: firstLine(node.range), templated: [], findings });
  return undefined;
}
