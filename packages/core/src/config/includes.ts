import { basename, dirname, resolve } from 'node:path';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { FileReader } from './file-reader.js';
import type { Findings } from './findings.js';
import { reportType } from './fields.js';
import { entryOf, type SourceNode } from './source-node.js';
import { parseYaml } from './yaml-source.js';

/** 1 MiB: a hundred times the largest device file we can imagine, and read in well under a second. */
const maximumBytes = 2 ** 20;

export interface ReadFile {
  readonly path: string;
  /** Missing when it could not be read. */
  readonly text?: string;
  /** Missing when the text is not YAML. */
  readonly root?: SourceNode;
}

/** Reads a file and all that it includes, depth first, each file once. */
export async function readFiles(path: string, reader: FileReader, findings: Findings): Promise<ReadFile[]> {
  const files = new Map<string, ReadFile>();
  await readInto({ files, reader, findings }, path, []);
  return [...files.values()];
}

interface Reading {
  readonly files: Map<string, ReadFile>;
  readonly reader: FileReader;
  readonly findings: Findings;
}

async function readInto(reading: Reading, path: string, chain: readonly string[], from?: SourceRange): Promise<void> {
  const { files, findings } = reading;
  const text = await readText(path, reading, from);
  if (text === undefined) {
    files.set(path, { path });
    return;
  }
  const parsed = await parseYaml(path, text, findings);
  const root = parsed && basename(path) === 'package.json' ? deviceOf(parsed, findings) : parsed;
  files.set(path, { path, text, ...(root && { root }) });
  for (const { target, range } of includesOf(root, path, findings)) {
    if (target === path || chain.includes(target)) {
      findings.error(
        'INCLUDE_CYCLE',
        `${[...chain, path, target].map((file) => basename(file)).join(' includes ')}.`,
        range,
      );
    } else if (files.get(target)?.text === undefined) {
      await readInto(reading, target, [...chain, path], range);
    }
  }
}

function deviceOf(manifest: SourceNode, findings: Findings): SourceNode | undefined {
  const entry = entryOf(manifest, 'device');
  if (!entry)
    findings.error('CONFIG_EMPTY', 'This package.json has no key "device".', {
      ...manifest.range,
      end: manifest.range.start,
    });
  return entry?.value;
}

function includesOf(
  root: SourceNode | undefined,
  path: string,
  findings: Findings,
): { target: string; range: SourceRange }[] {
  const include = entryOf(root, 'include');
  if (!include) return [];
  if (include.value.kind !== 'sequence') {
    reportType(findings, '"include"', 'a list of paths', include.value);
    return [];
  }
  return include.value.items.flatMap((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') {
      return [{ target: resolve(dirname(path), item.value), range: item.range }];
    }
    reportType(findings, 'An entry of "include"', 'the path of a file', item);
    return [];
  });
}

async function readText(
  path: string,
  { reader, findings }: Reading,
  from: SourceRange | undefined,
): Promise<string | undefined> {
  const range = from ?? beginningOf(path);
  const content = await reader.read(path, maximumBytes);
  if ('bytes' in content) return decode(content.bytes, path, findings, range);
  const { fault, detail } = content;
  const missing = fault === 'missing';
  if (fault === 'too-large') findings.error('CONFIG_TOO_LARGE', `${path} cannot be read: ${detail}.`, range);
  else if (from) {
    const why = missing ? 'does not exist' : `cannot be read (${detail})`;
    findings.error('INCLUDE_NOT_FOUND', `The included file ${path} ${why}.`, range);
  } else if (missing) {
    findings.error('CONFIG_NOT_FOUND', `There is no file ${path}.`, range, 'Check the path, or create the file.');
  } else findings.error('CONFIG_UNREADABLE', `${path} cannot be read (${detail}).`, range);
  return undefined;
}

function decode(bytes: Buffer, path: string, findings: Findings, range: SourceRange): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    findings.error('CONFIG_UNREADABLE', `${path} is not UTF-8 text.`, range);
    return undefined;
  }
}

/** The place of what is wrong with a file as a whole. */
export function beginningOf(file: string): SourceRange {
  const start = { line: 1, column: 1, offset: 0 };
  return { file, start, end: start };
}
