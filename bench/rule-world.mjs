/** A rule engine over streams that a benchmark feeds by hand; its one action counts. */
import 'reflect-metadata';
import { Subject } from 'rxjs';
import { z } from 'zod';
import { SupervisedActionRunner } from '../packages/core/dist/actions/supervised-action-runner.js';
import { Duration } from '../packages/core/dist/clock/duration.js';
import { RealClock } from '../packages/core/dist/clock/real-clock.js';
import { CelCompiler } from '../packages/core/dist/expressions/cel-compiler.js';
import { plainSource } from '../packages/core/dist/expressions/source-text.js';
import { MemoryLedger } from '../packages/core/dist/ledger/memory-ledger.js';
import { Logger } from '../packages/core/dist/diagnostics/logger.js';
import { RuleEngine } from '../packages/core/dist/rules/rule-engine.js';
import { deviceMemory } from '../packages/core/dist/rules/rule-memory.js';
import { deviceTraceBounds } from '../packages/core/dist/rules/trace-bounds.js';
import { SharedStreamHub } from '../packages/core/dist/streams/shared-stream-hub.js';

class SilentLogger extends Logger {
  log() {}
  child() {
    return this;
  }
}

const range = { file: 'bench', start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 1, offset: 0 } };

export function createRuleWorld({ stateStreams = 0, observer } = {}) {
  const clock = new RealClock();
  const log = new SilentLogger();
  const events = new Subject();
  const values = Array.from({ length: stateStreams }, () => new Subject());
  let runs = 0;

  const streams = new Map([
    [
      'custom',
      {
        description: {
          name: 'custom',
          kind: 'event',
          summary: 'Fed by hand.',
          match: z.object({ event: z.string() }),
          value: z.object({ event: z.string(), data: z.unknown() }),
        },
        instance: { open: () => events },
        plugin: 'bench',
      },
    ],
    ...values.map((subject, index) => [
      `state${index}`,
      {
        description: {
          name: `state${index}`,
          kind: 'state',
          summary: 'Fed by hand.',
          value: z.object({ level: z.number() }),
        },
        instance: { open: () => subject },
        plugin: 'bench',
      },
    ]),
  ]);
  const count = {
    description: { name: 'count', summary: 'Counts.', effects: [], input: z.object({}) },
    instance: {
      run: () => {
        runs += 1;
        return Promise.resolve();
      },
    },
    plugin: 'bench',
  };

  const expressions = new CelCompiler();
  const hub = new SharedStreamHub((name) => streams.get(name), clock, log, Math.random, {
    observers: observer ? [observer] : [],
    mask: (text) => text,
  });
  const engine = new RuleEngine({
    clock,
    log,
    expressions,
    streams: hub,
    states: new Map(values.map((_, index) => [`state${index}`, { stream: `state${index}`, parameters: {} }])),
    actions: new SupervisedActionRunner(() => count, clock, log, Math.random),
    ledger: new MemoryLedger(clock),
    disruptions: {
      announce: async () => ({ accepted() {}, unanswered() {}, blocked() {} }),
      callsOf: () => [],
      obstacle: () => undefined,
    },
    secrets: {},
    watchedUntil: undefined,
    fateOf: () => undefined,
    mask: (text) => text,
    traceBounds: deviceTraceBounds(),
    memory: deviceMemory(),
    random: Math.random,
    onTrace: (trace) => observer?.traced(trace),
    onRefusal: (refusal) => observer?.refused(refusal),
    onTransition: () => {},
    emit: () => {},
  });
  return {
    engine,
    events,
    values,
    runs: () => runs,
    compile(text) {
      const variables = Object.fromEntries(
        values.map((_, index) => [
          `state${index}`,
          { kind: 'object', fields: { level: { type: { kind: 'number' }, optional: false } } },
        ]),
      );
      const compilation = expressions.compile(plainSource(text), variables, { kind: 'boolean' });
      if (!compilation.ok) throw new Error(JSON.stringify(compilation.diagnostics));
      return compilation.value;
    },
    async close() {
      await engine.park('the benchmark ends', Duration.parse('1s'));
      hub.close();
      clock.dispose();
    },
  };
}

export function rule(name, trigger) {
  return {
    name,
    range,
    meaning: name,
    enabled: true,
    shadow: false,
    trigger,
    mode: 'parallel',
    max: 1_000_000,
    steps: [
      {
        kind: 'do',
        path: 'then[0]',
        range,
        onError: 'fail',
        call: {
          action: 'count',
          input: { type: { kind: 'dynamic' }, dependencies: new Set(), evaluate: () => ({}) },
        },
      },
    ],
    rungs: [],
    until: [],
    catch: [],
    finally: [],
  };
}

export function eventTrigger(event) {
  return {
    kind: 'event',
    patterns: [{ kind: 'event', selector: { stream: 'custom', parameters: {}, match: { event } } }],
  };
}
