/** `when` of 1,000 rules over 50 state streams: one stream changes at a time. The floor evaluates every condition each time. */
import { print, rates, round } from './measure.mjs';
import { createRuleWorld, rule } from './rule-world.mjs';

const streams = 50;
const rules = 1_000;
const world = createRuleWorld({ stateStreams: streams });
const conditions = Array.from({ length: rules }, (_, index) =>
  world.compile(`state${index % streams}.level > ${1_000 + index}.5 && state${(index + 1) % streams}.level > 0.0`),
);
await world.engine.start(
  conditions.map((condition, index) => rule(`rule-${index}`, { kind: 'level', condition, atStart: 'fire' })),
);
for (const value of world.values) value.next({ level: 1 });

const bindings = Object.fromEntries(Array.from({ length: streams }, (_, index) => [`state${index}`, { level: 1 }]));
let level = 0;
const { devicerc, everyCondition } = await rates({
  devicerc(calls) {
    for (let call = 0; call < calls; call += 1) world.values[call % streams].next({ level: 1 + (level++ % 900) });
  },
  everyCondition(calls) {
    for (let call = 0; call < calls; call += 1) {
      bindings[`state${call % streams}`] = { level: 1 + (level++ % 900) };
      for (const condition of conditions) condition.evaluate(bindings);
    }
  },
});
await world.close();

print({
  benchmark: 'levels',
  changesPerSecond: round(devicerc),
  conditionsPerSecond: round(devicerc * (rules / streams) * 2),
  everyConditionChangesPerSecond: round(everyCondition),
  ratio: round(devicerc / everyCondition),
});
