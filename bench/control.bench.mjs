/**
 * What it costs to be asked and to remember: `why` and a list of all rules over a real socket with 1,000 rules, and the
 * black box for each event that starts a run, against the same events without one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../packages/core/dist/clock/real-clock.js';
import { BlackBox } from '../packages/core/dist/engine/black-box/black-box.js';
import { askEngine } from '../packages/core/dist/engine/control/control-client.js';
import { ControlServer } from '../packages/core/dist/engine/control/control-server.js';
import { SecretMask } from '../packages/core/dist/engine/secret-mask.js';
import { median, print, rates, round } from './measure.mjs';
import { createRuleWorld, eventTrigger, rule } from './rule-world.mjs';

const folder = mkdtempSync(join(tmpdir(), 'devicerc-bench-'));
const clock = new RealClock();
const world = createRuleWorld({ stateStreams: 10 });
const level = (index) => ({
  kind: 'level',
  atStart: 'fire',
  condition: world.compile(`state${index % 10}.level > 5.0 && state${(index + 1) % 10}.level < 9.0`),
});
await world.engine.start(Array.from({ length: 1_000 }, (_, index) => rule(`rule-${index}`, level(index))));
for (const value of world.values) value.next({ level: 3 });
const server = await ControlServer.open({
  folder,
  clock,
  answer: async ({ command }) => (command === 'why' ? world.engine.explain('rule-7') : world.engine.status()),
});

async function milliseconds(command) {
  const times = [];
  for (let round_ = 0; round_ < 30; round_ += 1) {
    const start = performance.now();
    await askEngine(folder, clock, { command });
    times.push(performance.now() - start);
  }
  return median(times);
}

const whyMilliseconds = await milliseconds('why');
const statusMilliseconds = await milliseconds('status');
const statusBytes = JSON.stringify(world.engine.status()).length;
await server.close();
await world.close();

const blackBox = new BlackBox(clock, new SecretMask({ variables: {} }), join(folder, 'black-box'));
await blackBox.open([{ number: 1, id: 'bench', startedAt: 0, seenFor: 0, stopped: false }]);
const worlds = { without: createRuleWorld(), with: createRuleWorld({ observer: blackBox }) };
const works = {};
for (const [name, each] of Object.entries(worlds)) {
  each.engine.start([rule('rule', eventTrigger('door'))]);
  works[name] = async (calls) => {
    for (let call = 0; call < calls; call += 1) {
      each.events.next({ event: 'door', data: { id: call } });
      if (call % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}
const perSecond = await rates(works);
for (const each of Object.values(worlds)) await each.close();
await blackBox.close();
clock.dispose();
rmSync(folder, { recursive: true });

print({
  benchmark: 'control',
  whyMilliseconds: round(whyMilliseconds),
  whyTarget: '< 50',
  statusMilliseconds: round(statusMilliseconds),
  statusBytes,
  blackBoxMicrosecondsPerRun: round(1e6 / perSecond.with - 1e6 / perSecond.without),
  runsPerSecond: { without: round(perSecond.without), with: round(perSecond.with) },
});
