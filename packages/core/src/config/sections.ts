import type { SourceRange } from '../diagnostics/diagnostic.js';
import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { fileKeys, keysOf } from './grammar.js';
import type { ReadFile } from './includes.js';
import { describeNode, type MappingEntry, type SourceNode } from './source-node.js';

/** The sections of all files, put together. */
export interface Sections {
  readonly plugins: readonly SourceNode[];
  readonly streams: readonly MappingEntry[];
  readonly secrets: readonly MappingEntry[];
  readonly rules: readonly MappingEntry[];
  readonly bootSafety: readonly MappingEntry[];
  readonly tests: readonly SourceNode[];
}

export function mergeSections(files: readonly ReadFile[], findings: Findings): Sections {
  const fields = files.flatMap((file, index) => {
    if (!file.root) return [];
    const read = Fields.read(file.root, 'a device file', keysOf(fileKeys), findings);
    if (read) checkVersion(read, index === 0);
    return read ? [read] : [];
  });
  return {
    plugins: fields.flatMap((file) => file.list('plugins')?.items ?? []),
    streams: definitions(fields, 'streams', 'stream', findings),
    secrets: definitions(fields, 'secrets', 'secret', findings),
    rules: definitions(fields, 'rules', 'rule', findings),
    bootSafety: fields.flatMap((file) => file.entry('boot-safety') ?? []),
    tests: fields.flatMap((file) => file.list('tests')?.items ?? []),
  };
}

function checkVersion(fields: Fields, isMain: boolean): void {
  if (isMain && !fields.require('version', startOf(fields.range))) return;
  const version = fields.value('version');
  if (!version || (version.kind === 'scalar' && version.value === 1)) return;
  fields.findings.error(
    'VERSION_UNSUPPORTED',
    `"version" is ${describeNode(version)}; this engine reads version 1.`,
    version.range,
  );
}

function startOf(range: SourceRange): SourceRange {
  return { ...range, end: range.start };
}

/** Named things must have different names, also across files. */
function definitions(files: readonly Fields[], section: string, kind: string, findings: Findings): MappingEntry[] {
  const found = new Map<string, MappingEntry>();
  for (const entry of files.flatMap((file) => file.mapping(section)?.entries ?? [])) {
    const earlier = found.get(entry.key);
    if (!earlier) {
      found.set(entry.key, entry);
      continue;
    }
    findings.error(
      'NAME_TAKEN',
      `The ${kind} "${entry.key}" is already defined in ${place(earlier.keyRange)}.`,
      entry.keyRange,
    );
    findings.error(
      'NAME_TAKEN',
      `The ${kind} "${entry.key}" is defined again in ${place(entry.keyRange)}.`,
      earlier.keyRange,
    );
  }
  return [...found.values()];
}

function place(range: SourceRange): string {
  return `${range.file}:${range.start.line}`;
}
