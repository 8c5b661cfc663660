import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../clock/real-clock.js';
import { FileReader } from '../config/file-reader.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { ProcessHost } from '../host/process-host.js';
import { plainImporter } from '../plugins/module-importer.js';
import type { PluginDefinition } from '../plugins/plugin.js';
import { loadTests } from './load-tests.js';
import { runTests } from './run-tests.js';
import { testReport } from './test-report.js';

export interface RulesOutcome {
  /** What each test that failed expected, and what happened instead; empty when all passed. */
  readonly failures: readonly string[];
  /** As `devicerc test` prints it. */
  readonly report: string;
}

/**
 * Plays the `tests:` of a device file in virtual time, as `devicerc test` does: nothing of the plugins is opened.
 *
 * @param text the device file
 * @param plugins by what `use:` says
 * @throws DiagnosticsError when the file has errors
 */
export async function playRules(
  text: string,
  plugins: Readonly<Record<string, PluginDefinition>>,
): Promise<RulesOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'devicerc-rules-'));
  try {
    const file = join(folder, '.devicerc.yml');
    await writeFile(file, text);
    const { suites, diagnostics } = await loadTests(file, {
      host: new ProcessHost(),
      files: new FileReader(new RealClock()),
      expressions: new CelCompiler(),
      importModule: plainImporter,
      builtIn: new Map(Object.entries(plugins).map(([use, plugin]) => [use, async () => plugin])),
    });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new DiagnosticsError(errors);
    const results = await runTests(suites);
    const failures = results.played.flatMap((played) =>
      played.failures.map(({ message }) => `${played.test.name}: ${message}`),
    );
    return { failures, report: testReport(results, { color: false, folder }) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
