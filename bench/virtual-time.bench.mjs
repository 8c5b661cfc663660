/**
 * Thirty virtual days of ten rules, as `devicerc test` plays them: the real engine on a simulated device with its ledger.
 * The peer is bare RxJS in virtual time with as many timers and callbacks, and nothing else.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, interval, map, VirtualTimeScheduler } from 'rxjs';
import { CelCompiler } from '../packages/core/dist/expressions/cel-compiler.js';
import { ProcessHost } from '../packages/core/dist/host/process-host.js';
import { loadTests } from '../packages/core/dist/testing/load-tests.js';
import { runTests } from '../packages/core/dist/testing/run-tests.js';
import { median, print, round } from './measure.mjs';

const days = 30;
const rules = 10;
const hours = days * 24;
const hour = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'devicerc-bench-'));
const file = join(folder, '.devicerc.yml');
writeFileSync(
  file,
  `version: 1
rules:
${Array.from({ length: rules }, (_, index) =>
  index % 2 === 0
    ? `  rule-${index}: { on: [{ schedule: { every: 1h } }], if: clock.synchronized, then: [{ do: log, with: { message: "hour ${index}" } }] }`
    : `  rule-${index}: { on: [{ schedule: { every: 1h } }], key: "'${index}'", limit: { runs: 24, per: 24h }, then: [{ do: log, with: { message: "hour ${index}" } }] }`,
).join('\n')}
tests:
  - name: a month
    given: { clock: { synchronized: true } }
    at: [{ t: ${days}d, end: true }]
    expect: [{ action: log, times: ${rules * hours}, between: [0s, ${days}d] }]
`,
);

async function playMonth() {
  const { suites, diagnostics } = await loadTests(file, {
    host: new ProcessHost(),
    expressions: new CelCompiler(),
    importModule: (specifier) => import(specifier),
    builtIn: new Map(),
  });
  if (suites.length === 0) throw new Error(JSON.stringify(diagnostics));
  const start = performance.now();
  const { played } = await runTests(suites);
  const seconds = (performance.now() - start) / 1000;
  const { failures } = played[0];
  if (failures.length > 0) throw new Error(failures[0].message);
  return seconds;
}

function playBareMonth() {
  const start = performance.now();
  const scheduler = new VirtualTimeScheduler(undefined, days * 24 * hour);
  let count = 0;
  for (let rule = 0; rule < rules; rule += 1) {
    interval(hour, scheduler)
      .pipe(
        filter(() => true),
        map((tick) => ({ rule, tick })),
      )
      .subscribe(() => (count += 1));
  }
  scheduler.flush();
  if (count !== rules * hours) throw new Error(`${count} callbacks`);
  return (performance.now() - start) / 1000;
}

const results = { engine: [], bare: [] };
for (let turn = 0; turn < 5; turn += 1) {
  results.engine.push(await playMonth());
  results.bare.push(playBareMonth());
}
rmSync(folder, { recursive: true });
print({
  benchmark: 'virtual-time',
  days,
  rules,
  runs: rules * hours,
  seconds: round(median(results.engine)),
  target: '< 1',
  bareSeconds: round(median(results.bare)),
  ratio: round(median(results.engine) / median(results.bare)),
});
