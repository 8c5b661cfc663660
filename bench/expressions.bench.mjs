/** One condition evaluated through the port, against the bare library on the same text. Target: ratio >= 1. */
import 'reflect-metadata';
import { parse } from '@marcbachmann/cel-js';
import { Duration } from '../packages/core/dist/clock/duration.js';
import { CelCompiler } from '../packages/core/dist/expressions/cel-compiler.js';
import { plainSource } from '../packages/core/dist/expressions/source-text.js';
import { print, rates, round } from './measure.mjs';

const text = "event.NTPSynchronized == false && device.load > 0.5 && event.unit == 'chronyd.service'";
const variables = {
  event: {
    kind: 'object',
    fields: {
      NTPSynchronized: { type: { kind: 'boolean' }, optional: false },
      unit: { type: { kind: 'string' }, optional: false },
    },
  },
  device: { kind: 'object', fields: { load: { type: { kind: 'number' }, optional: false } } },
};
const bindings = [0.2, 0.7, 1.5, 3].map((load, index) => ({
  event: { NTPSynchronized: index === 3, unit: 'chronyd.service' },
  device: { load },
}));

const compiler = new CelCompiler();
const compilation = compiler.compile(plainSource(text), variables, { kind: 'boolean' });
if (!compilation.ok) throw new Error(JSON.stringify(compilation.diagnostics));
const bare = parse(text);

for (const binding of bindings) {
  if (compilation.value.evaluate(binding) !== bare(binding)) throw new Error('The two disagree.');
}

let sink = 0;
const { devicerc, bareCel } = await rates({
  devicerc(calls) {
    for (let call = 0; call < calls; call += 1) sink += compilation.value.evaluate(bindings[call & 3]) ? 1 : 0;
  },
  bareCel(calls) {
    for (let call = 0; call < calls; call += 1) sink += bare(bindings[call & 3]) ? 1 : 0;
  },
});

// A duration is converted at the edge; the bare library cannot read ours, so this has no peer.
const withDuration = compiler.compile(
  plainSource("device.uptime > duration('30m')"),
  { device: { kind: 'object', fields: { uptime: { type: { kind: 'duration' }, optional: false } } } },
  { kind: 'boolean' },
);
if (!withDuration.ok) throw new Error(JSON.stringify(withDuration.diagnostics));
const uptime = { device: { uptime: Duration.parse('2h') } };
const { durations } = await rates({
  durations(calls) {
    for (let call = 0; call < calls; call += 1) sink += withDuration.value.evaluate(uptime) ? 1 : 0;
  },
});

print({
  benchmark: 'expressions',
  evaluationsPerSecond: round(devicerc),
  bareCelPerSecond: round(bareCel),
  durationComparisonsPerSecond: round(durations),
  ratio: round(devicerc / bareCel),
  target: '>= 1',
  sink: sink > 0,
});
