import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { z } from '../schemas/schema.js';
import { firstLine } from './fields.js';
import type { Findings } from './findings.js';
import { describeNode, rangeAt, type SourceNode } from './source-node.js';

export type Path = readonly PropertyKey[];

interface IssueContext {
  readonly node: SourceNode;
  readonly owner: string;
  /** Where to report what is missing at the top. */
  readonly place: SourceRange;
  /** Places that hold an expression: what it gives is only known when it runs. */
  readonly templated: readonly Path[];
  readonly findings: Findings;
}

/** Reports what a schema found, each finding at its place in the user's file. */
export function reportIssues(issues: readonly z.core.$ZodIssue[], context: IssueContext): void {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys' || dependsOnTemplate(issue, context.templated)) continue;
    reportIssue(issue, context);
  }
}

/** A fault of a whole (a union, a rule over several fields) cannot be judged while one of its parts is not known. */
function dependsOnTemplate(issue: z.core.$ZodIssue, templated: readonly Path[]): boolean {
  const isOfWhole = issue.code === 'invalid_union' || issue.code === 'custom';
  return templated.some((path) => startsWith(issue.path, path) || (isOfWhole && startsWith(path, issue.path)));
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((segment, index) => String(path[index]) === String(segment)) && path.length >= start.length;
}

function reportIssue(issue: z.core.$ZodIssue, { node, owner, place, findings }: IssueContext): void {
  const found = nodeAt(node, issue.path);
  const name = issue.path.map(String).join('.');
  if (!found) {
    const parent = issue.path.length > 1 ? firstLine(rangeAt(node, issue.path.slice(0, -1))) : place;
    findings.error('FIELD_MISSING', `"${name}" is missing in ${owner}.`, parent);
    return;
  }
  const subject = name === '' ? owner : `"${name}" of ${owner}`;
  const range = name === '' ? place : firstLine(rangeAt(node, issue.path));
  findings.error(
    'FIELD_INVALID',
    `${subject.charAt(0).toUpperCase()}${subject.slice(1)} is ${describeNode(found)}: ${messageOf(issue)}`,
    range,
  );
}

/** The kinds of JSON by their names in zod, in the words of YAML. */
const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

function messageOf(issue: z.core.$ZodIssue): string {
  const kind = issue.code === 'invalid_type' && kinds[issue.expected];
  if (kind) return `it takes ${kind}.`;
  const isOfSchema = issue.message !== 'Invalid input';
  if (issue.code !== 'invalid_union' || issue.errors.length === 0 || isOfSchema) return issue.message;
  const forms = issue.errors.map((errors) => errors.map((error) => nestedMessage(error)).join(', '));
  return [...new Set(forms)].join(' — or: ');
}

function nestedMessage(issue: z.core.$ZodIssue): string {
  return issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ${messageOf(issue)}` : messageOf(issue);
}

function nodeAt(node: SourceNode, path: Path): SourceNode | undefined {
  let current: SourceNode | undefined = node;
  for (const segment of path) {
    if (current?.kind === 'mapping') current = current.entries.find((entry) => entry.key === String(segment))?.value;
    else if (current?.kind === 'sequence') current = current.items[Number(segment)];
    else return undefined;
  }
  return current;
}
