/** The error tables of all packages: the core's, and of each other package what its `errors.ts` exports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run-step.mjs';
import { coreErrorTable } from '../packages/core/dist/diagnostics/core-errors.js';

const packages = join(root, 'packages');

/** By the name of their owner. */
export const errorTables = { 'The core': coreErrorTable };

for (const folder of readdirSync(packages).toSorted()) {
  const errors = join(packages, folder, 'dist/errors.js');
  if (!existsSync(errors)) continue;
  const { name } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
  const exported = Object.entries(await import(pathToFileURL(errors).href));
  const [, table] = exported.find(([exportName]) => exportName.endsWith('ErrorTable')) ?? [];
  if (!table) throw new Error(`${errors} exports no table: its name has to end with ErrorTable.`);
  errorTables[name] = table;
}
