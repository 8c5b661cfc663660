import type { PowerAttempts } from '../actions/power-attempts.js';
import { CustomEvents } from '../builtin/custom-events.js';
import { LeftoverPrograms } from '../programs/leftover-programs.js';
import { LifecycleEvents } from '../builtin/lifecycle-events.js';
import { type RuleEvent, RuleEvents } from '../builtin/rule-events.js';
import type { Clock } from '../clock/clock.js';
import type { DeviceModel } from '../config/rule-model.js';
import type { Logger } from '../diagnostics/logger.js';
import type { ExpressionCompiler } from '../expressions/expression.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { Ledger } from '../ledger/ledger.js';
import { GotHttpClient } from '../network/got-http-client.js';
import type { HttpClient } from '../network/http-client.js';
import type { NetworkReach } from '../network/network-reach.js';
import { readNetworkReach } from '../network/route-reach.js';
import { Outbox } from '../outbox/outbox.js';
import type { PluginDoubles } from '../plugins/plugin-doubles.js';
import type { DisruptionGuard } from '../rules/disruption-guard.js';
import type { RuleTransition } from '../rules/rule-standing.js';
import { deviceTraceBounds, type TraceBounds } from '../rules/trace-bounds.js';
import type { Refusal, RunTrace } from '../rules/trace.js';
import type { StreamObserver } from '../streams/stream-observer.js';
import type { BlackBox } from './black-box/black-box.js';
import { RecordedDisruptions } from './black-box/recorded-disruptions.js';
import { ChangeFeed } from './change-feed.js';
import type { EngineOptions } from './engine-options.js';
import { logShortSecrets } from './log-findings.js';
import { MaskedView, type ShownEngine } from './masked-view.js';
import type { SecretMask } from './secret-mask.js';
import type { TraceRing } from './trace-ring.js';

/** Characters of the reason that an event about a rule tells. */
const longestDetail = 500;

/** What outlives a change of the plugins. */
export interface Foundation {
  readonly clock: Clock;
  readonly host: HostEnvironment;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly disruptions: DisruptionGuard;
  readonly powerAttempts: PowerAttempts;
  readonly leftovers: LeftoverPrograms;
  readonly expressions: ExpressionCompiler;
  readonly customEvents: CustomEvents;
  readonly ruleEvents: RuleEvents;
  readonly lifecycle: LifecycleEvents;
  readonly random: () => number;
  /** Takes every secret out of a text, those of the environment too. */
  readonly mask: (text: string) => string;
  readonly secretMask: SecretMask;
  readonly http: HttpClient;
  readonly networkReach: NetworkReach;
  readonly onTrace: (trace: RunTrace) => void;
  readonly traceBounds: TraceBounds;
  readonly onRefusal: (refusal: Refusal) => void;
  readonly onTransition: (transition: RuleTransition) => void;
  readonly changes: ChangeFeed;
  readonly view: MaskedView;
  /** From now on these are masked, and messages may hold them. */
  readonly useSecrets: (secrets: DeviceModel['secrets']) => void;
  readonly streamObservers: readonly StreamObserver[];
  readonly doubles?: PluginDoubles;
  /** After the stop: nobody hears of anything any more. */
  readonly dispose: () => void;
}

/** What watches over the rules of one engine. */
interface Observers {
  readonly safety: DisruptionGuard & PowerAttempts;
  readonly traces: TraceRing;
  readonly blackBox: BlackBox;
}

export function layFoundation(
  options: EngineOptions,
  expressions: ExpressionCompiler,
  { safety, traces, blackBox }: Observers,
  engine: ShownEngine,
): Foundation {
  const { clock, host, ledger, log, random = Math.random, doubles } = options;
  const mask = (text: string): string => options.mask.text(text);
  const customEvents = new CustomEvents(clock, log);
  const ruleEvents = new RuleEvents(clock, log);
  const lifecycle = new LifecycleEvents();
  const changes = new ChangeFeed(clock, mask);
  const { networkReach = () => readNetworkReach(host.procPath) } = options;
  const outbox = new Outbox({ clock, ledger, log, random, reach: networkReach, mask });
  return {
    clock,
    host,
    log,
    random,
    mask,
    secretMask: options.mask,
    http: new GotHttpClient(clock),
    networkReach: { now: networkReach },
    ledger,
    expressions,
    outbox,
    disruptions: new RecordedDisruptions(safety, blackBox),
    powerAttempts: safety,
    leftovers: new LeftoverPrograms(ledger, clock, host, log),
    customEvents,
    ruleEvents,
    lifecycle,
    changes,
    view: new MaskedView(engine, clock, options.mask, changes.changes),
    useSecrets: (secrets) => {
      options.mask.addNamed(secrets);
      logShortSecrets(log, options.mask.takeTooShort());
      outbox.useSecrets(secrets);
    },
    traceBounds: options.traceBounds ?? deviceTraceBounds(),
    onTrace: (trace) => {
      traces.add(trace);
      options.onTrace?.(trace);
      blackBox.traced(trace);
      changes.traced(trace);
    },
    onRefusal: (refusal) => blackBox.refused(refusal),
    onTransition: (transition) => {
      ruleEvents.tell(() => eventOf(transition, mask));
      changes.transition(transition);
    },
    streamObservers: [blackBox, changes],
    dispose: () => {
      changes.engine();
      for (const part of [customEvents, ruleEvents, lifecycle, changes]) part.dispose();
    },
    ...(doubles && { doubles }),
  };
}

function eventOf(transition: RuleTransition, mask: Foundation['mask']): RuleEvent {
  const { rule: name, key = '', from, to, detail, outcome = '', watchesRules } = transition;
  return { name, key, from, to, detail: mask(detail).slice(0, longestDetail), outcome, watchesRules };
}
