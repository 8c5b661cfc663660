import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import { listensTo } from '../rules/listened-streams.js';
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
  const farewells = new Set(rules.filter((rule) => listensTo(rule, 'stop')).map(({ name }) => name));
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
