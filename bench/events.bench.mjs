/**
 * Events through 10 to 10,000 rules with equality matches. The event matches no rule's door in 9 of 10 cases and one rule in
 * the tenth, so that what is measured is the dispatch. Peers in the same run: bare RxJS filters, and json-rules-engine.
 */
import { Engine as JsonRulesEngine } from 'json-rules-engine';
import { filter, Subject } from 'rxjs';
import { print, rates, round } from './measure.mjs';
import { createRuleWorld, eventTrigger, rule } from './rule-world.mjs';

function doorEvents(rules) {
  return Array.from({ length: 10 }, (_, index) => ({
    event: index === 0 ? `door-${rules - 1}` : `window-${index}`,
    data: {},
  }));
}

function rxjsFilters(rules) {
  const source = new Subject();
  let runs = 0;
  for (let index = 0; index < rules; index += 1) {
    source.pipe(filter((event) => event.event === `door-${index}`)).subscribe(() => (runs += 1));
  }
  return source;
}

async function jsonRules(rules) {
  const engine = new JsonRulesEngine();
  for (let index = 0; index < rules; index += 1) {
    engine.addRule({
      conditions: { all: [{ fact: 'event', operator: 'equal', value: `door-${index}` }] },
      event: { type: 'count' },
    });
  }
  return engine;
}

const works = {};
const worlds = [];
for (const rules of [10, 100, 1_000, 10_000]) {
  const world = createRuleWorld();
  await world.engine.start(
    Array.from({ length: rules }, (_, index) => rule(`rule-${index}`, eventTrigger(`door-${index}`))),
  );
  await Promise.resolve();
  const events = doorEvents(rules);
  worlds.push(world);
  works[`devicerc${rules}`] = async (calls) => {
    for (let call = 0; call < calls; call += 1) {
      world.events.next(events[call % 10]);
      // Lets the runs that were started come to their end, as they would between real events.
      if (call % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}
for (const rules of [10, 100]) {
  const source = rxjsFilters(rules);
  const events = doorEvents(rules);
  works[`rxjs${rules}`] = (calls) => {
    for (let call = 0; call < calls; call += 1) source.next(events[call % 10]);
  };
}
const peer = await jsonRules(100);
works.jsonRulesEngine100 = async (calls) => {
  const events = doorEvents(100);
  for (let call = 0; call < calls; call += 1) await peer.run(events[call % 10]);
};

const perSecond = await rates(works);
const ran = worlds.every((world) => world.runs() > 0);
for (const world of worlds) await world.close();

print({
  benchmark: 'events',
  perSecond: Object.fromEntries(Object.entries(perSecond).map(([name, value]) => [name, round(value)])),
  ratioToRxjsFilters100: round(perSecond.devicerc10000 / perSecond.rxjs100),
  target: '>= 1',
  costAt10000OverCostAt10: round(perSecond.devicerc10 / perSecond.devicerc10000),
  costTarget: '<= 2',
  ratioToJsonRulesEngine100: round(perSecond.devicerc100 / perSecond.jsonRulesEngine100),
  ran,
});
