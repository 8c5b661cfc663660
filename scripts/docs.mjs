/** `npm run docs`: writes the reference pages from the schemas and the error tables; `--check` only compares. */
import 'reflect-metadata';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from './run-step.mjs';
import { errorTables } from './error-tables.mjs';
import { errorReference } from '../packages/core/dist/diagnostics/error-reference.js';
import { corePlugin } from '../packages/core/dist/builtin/core-plugin.js';
import { pluginReference } from '../packages/core/dist/plugins/plugin-reference.js';
import dbusPlugin from '../packages/plugin-dbus/dist/index.js';

const pages = {
  'docs/errors.md': errorReference(errorTables),
  'docs/reference.md': pluginReference([corePlugin, dbusPlugin]),
};

let differs = false;
for (const [page, text] of Object.entries(pages)) {
  const path = join(root, page);
  const wanted = await format(text, { ...(await resolveConfig(path)), parser: 'markdown', proseWrap: 'preserve' });
  if (!process.argv.includes('--check')) writeFileSync(path, wanted);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== wanted) {
    differs = true;
    console.error(`${page} is not what the code says. Run: npm run docs`);
  }
}
process.exit(differs ? 1 : 0);
