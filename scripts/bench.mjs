/** `npm run bench [NAME...]`: each benchmark runs alone in its own process and prints one JSON line. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run-step.mjs';

run(process.execPath, ['scripts/build.mjs']);
const wanted = process.argv.slice(2);
const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)))
  .sort();
for (const name of names) run(process.execPath, ['--expose-gc', join('bench', name)]);
