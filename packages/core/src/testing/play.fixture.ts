import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../clock/real-clock.js';
import { FileReader } from '../config/file-reader.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { ProcessHost } from '../host/process-host.js';
import { plainImporter } from '../plugins/module-importer.js';
import { definePlugin, type PluginDefinition } from '../plugins/plugin.js';
import { loadTests, type LoadedTests } from './load-tests.js';
import { runTests } from './run-tests.js';
import type { PlayedTests } from './test-report.js';

/** Writes files into a folder of their own and reads the tests of `.devicerc.yml` there. */
export async function loadTestsOf(
  files: Readonly<Record<string, string>>,
  plugin: PluginDefinition = definePlugin({ name: 'fixture', api: '^1.0.0' }),
): Promise<LoadedTests> {
  const folder = await mkdtemp(join(tmpdir(), 'devicerc-tests-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await loadTests(join(folder, '.devicerc.yml'), {
      host: new ProcessHost(),
      files: new FileReader(new RealClock()),
      expressions: new CelCompiler(),
      importModule: plainImporter,
      builtIn: new Map([['fixture', async () => plugin]]),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Plays the tests of a device file. @throws DiagnosticsError when it has errors */
export async function play(
  text: string,
  beside: Readonly<Record<string, string>> = {},
  plugin?: PluginDefinition,
): Promise<PlayedTests> {
  const { suites, diagnostics } = await loadTestsOf({ '.devicerc.yml': text, ...beside }, plugin);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new DiagnosticsError(errors);
  return runTests(suites);
}
