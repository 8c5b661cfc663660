import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Compilation } from '../expressions/expression.js';
import type { PluginUse } from '../plugins/plugin-use.js';
import type { FileReader } from './file-reader.js';
import { Findings } from './findings.js';
import { readFiles } from './includes.js';
import { readPluginUses } from './plugin-section.js';
import { mergeSections, type Sections } from './sections.js';

/** A device file with everything it includes: parsed, merged, and with the place of each part. */
export interface DeviceSource {
  /** Absolute paths, the main file first; also of files that it includes and that could not be read. */
  readonly files: readonly string[];
  /** What a file held when it was read, without a byte order mark; undefined for a file that is not among `files`. */
  text(file: string): string | undefined;
  readonly plugins: readonly PluginUse[];
  readonly sections: Sections;
  /** Faults of reading that leave the rest of the file usable: `checkDevice` reports them with its own. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a device file and all that it includes. Structure that cannot be read at all gives `ok: false`; faults
 * that leave the plugins known are kept in the source, so that one check shows all of them.
 */
export async function readDeviceFile(path: string, reader: FileReader): Promise<Compilation<DeviceSource>> {
  const findings = new Findings();
  const files = await readFiles(resolve(path), reader, findings);
  if (!files.some((file) => file.root)) return { ok: false, diagnostics: findings.diagnostics };
  const sections = mergeSections(files, findings);
  const plugins = readPluginUses(sections.plugins, findings);
  const texts = new Map(files.map((file) => [file.path, file.text]));
  return {
    ok: true,
    value: {
      files: files.map((file) => file.path),
      text: (file) => texts.get(file),
      plugins,
      sections,
      diagnostics: findings.diagnostics,
    },
  };
}
