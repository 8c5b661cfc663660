import { Duration } from '../clock/duration.js';
import type { PatternModel, RuleModel } from '../config/rule-model.js';
import type { Foundation } from './foundation.js';
import type { Generation } from './generation.js';
import { stopTimes } from './stop-times.js';

const lookInterval = Duration.parse('50ms');

/** Lets the rules on `stop` say farewell, then ends the generation, whatever hangs in it. */
export async function stopInOrder(
  reason: string,
  generation: Generation,
  rules: readonly RuleModel[],
  { clock, log, lifecycle }: Foundation,
): Promise<void> {
  const farewells = new Set(rules.filter(listensToStop).map(({ name }) => name));
  const start = clock.boottime();
  const leftOf = (time: Duration): Duration =>
    Duration.ofMilliseconds(Math.max(0, start + time.milliseconds - clock.boottime()));
  lifecycle.stop.next({ reason });
  const isBusy = (): boolean =>
    generation.rules.status().some(({ rule, state }) => state === 'running' && farewells.has(rule));
  if (farewells.size > 0) {
    do await clock.sleep(lookInterval, 'rules on stop');
    while (isBusy() && leftOf(stopTimes.farewell).milliseconds > 0);
  }
  const timeout = new AbortController();
  const ended = generation.end('the engine stops', leftOf(stopTimes.rules));
  const late = clock.sleep(leftOf(stopTimes.plugins), 'end of rules and plugins', timeout.signal).then(
    () => log.warn(`Rules or plugins had not ended after ${stopTimes.plugins}: the engine ends without them.`),
    () => undefined,
  );
  await Promise.race([ended, late]);
  timeout.abort();
}

function listensToStop({ trigger, until }: RuleModel): boolean {
  return [...(trigger.kind === 'event' ? trigger.patterns : []), ...until].some(readsStop);
}

function readsStop(pattern: PatternModel): boolean {
  if (pattern.kind === 'event') return pattern.selector.stream === 'stop';
  return [pattern.of].flat().some(readsStop);
}
