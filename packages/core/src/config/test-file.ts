import { dirname, resolve } from 'node:path';
import type { DeviceSource } from './device-file.js';
import { Fields } from './fields.js';
import type { FileReader } from './file-reader.js';
import { Findings } from './findings.js';
import { keysOf, testFileKeys } from './grammar.js';
import { readFiles } from './includes.js';
import type { SourceNode } from './source-node.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';

/** A NAME.test.yml: tests that stand beside the device file. */
export interface TestFile {
  readonly path: string;
  readonly text: string;
  /** Absolute path of the device file; undefined for the one in the same folder. */
  readonly device?: string;
  readonly tests: readonly SourceNode[];
  readonly diagnostics: readonly Diagnostic[];
}

export async function readTestFile(path: string, reader: FileReader): Promise<TestFile> {
  const findings = new Findings();
  const [file] = await readFiles(path, reader, findings);
  const fields = file?.root && Fields.read(file.root, 'a test file', keysOf(testFileKeys), findings);
  fields?.require('tests');
  const device = fields?.text('file');
  return {
    path,
    text: file?.text ?? '',
    ...(device !== undefined && { device: resolve(dirname(path), device) }),
    tests: fields?.list('tests')?.items ?? [],
    diagnostics: findings.diagnostics,
  };
}

/** The device file with these tests in place of its own. */
export function withTests(source: DeviceSource, { path, text, tests, diagnostics }: TestFile): DeviceSource {
  return {
    ...source,
    files: [...source.files, path],
    text: (file) => (file === path ? text : source.text(file)),
    sections: { ...source.sections, tests },
    diagnostics: [...source.diagnostics, ...diagnostics],
  };
}
