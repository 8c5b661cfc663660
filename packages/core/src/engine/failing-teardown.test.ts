import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { Observable, type Subscriber } from 'rxjs';
import { coreError } from '../diagnostics/core-errors.js';
import { Outbox } from '../outbox/outbox.js';
import { definePlugin } from '../plugins/plugin.js';
import { RuleEngine } from '../rules/rule-engine.js';
import { z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

/** As `close` of a socket of node:dgram that is closed already. */
function source<Value>(sources: Subscriber<Value>[], first?: Value): Observable<Value> {
  return new Observable((subscriber) => {
    sources.push(subscriber);
    if (first !== undefined) subscriber.next(first);
    return () => {
      throw new Error('Not running');
    };
  });
}

type Message = Record<string, never>;
const messages: Subscriber<Message>[] = [];
const levels: Subscriber<{ high: boolean }>[] = [];

@eventStream({ name: 'socket.message', summary: 'Cannot be closed.', value: z.object({}) })
class Messages implements EventStream<unknown, Message> {
  open(): Observable<Message> {
    return source(messages);
  }
}

@stateStream({ name: 'socket', summary: 'Cannot be closed.', value: z.object({ high: z.boolean() }) })
class Level implements StateStream<unknown, { high: boolean }> {
  open(): Observable<{ high: boolean }> {
    return source(levels, { high: false });
  }
}

class Service {
  static ends = 0;

  dispose(): void {
    Service.ends++;
  }
}

const socket = definePlugin({
  name: 'socket',
  api: '^1.0.0',
  options: z.object({ port: z.number().default(1) }),
  streams: [Messages, Level],
  services: [Service],
});

const rules = (word: string): string => `
  heard:
    on: [{ socket.message: }]
    then: [{ do: log, with: { message: heard ${word} } }]
  high:
    when: socket.high
    then: [{ do: log, with: { message: high ${word} } }]
`;

let bench: EngineBench;
beforeEach(() => {
  messages.length = 0;
  levels.length = 0;
  Service.ends = 0;
});
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.end();
});

const write = (word: string, port: number): void =>
  writeFileSync(bench.file, `version: 1\nplugins: [{ use: socket, with: { port: ${port} } }]\nrules:\n${rules(word)}`);

async function start(): Promise<void> {
  bench = new EngineBench([socket]);
  await bench.start(rules('first'));
}

async function expectRulesToWork(word: string): Promise<void> {
  await bench.advance('2s');
  messages.at(-1)!.next({});
  levels.at(-1)!.next({ high: true });
  await bench.advance('1s');
  expect([...bench.said].sort()).toEqual([`heard ${word}`, `high ${word}`]);
  const states = bench.engine.status().rules.map(({ state }) => state);
  expect(states).toEqual(['idle', expect.stringMatching(/idle|holding/)]);
}

const closings = (): readonly string[] =>
  bench.log.messages.filter((message) => message.includes('it could not be closed: Not running'));

describe('a stream whose source cannot be closed', () => {
  test('does not keep other options of its plugin from being put in force', async () => {
    await start();
    write('second', 2);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    expect(Service.ends).toBe(1);
    await expectRulesToWork('second');
    expect([...closings()].sort()).toEqual([
      'The stream socket of socket is at fault: it could not be closed: Not running',
      'The stream socket.message of socket is at fault: it could not be closed: Not running',
    ]);
  });

  test('does not keep changed rules from being put in force', async () => {
    await start();
    write('second', 1);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await expectRulesToWork('second');
    expect(Service.ends).toBe(0);
    // The changed rule listens to the same source of messages as its former text did, so that it misses none.
    expect(messages).toHaveLength(1);
    bench.write('  other: { when: socket.high, then: [{ do: log, with: { message: other } }] }\n');
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('1s');
    expect(closings()).toEqual([expect.stringContaining('socket.message')]);
    // What is read before and after stays open in between.
    expect(levels).toHaveLength(1);
    bench.write('  last: { on: [{ start: }], then: [{ do: log, with: { message: last } }] }\n');
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('1s');
    expect(closings()).toHaveLength(2);
    expect(closings()[1]).toContain('The stream socket of socket');
  });

  test('is opened again when its source fails, and the status tells both', async () => {
    await start();
    messages.at(-1)!.error(new Error('network is down'));
    levels.at(-1)!.error(new Error('network is down'));
    const reason = 'network is down; it could not be closed: Not running';
    expect(bench.engine.status().streams).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ stream: 'socket.message', fault: reason }),
        expect.objectContaining({ stream: 'socket', fault: reason }),
      ]),
    );
    expect(bench.log.messages).toContain(`The stream socket of socket is lost: ${reason}. It is opened again.`);
    await expectRulesToWork('first');
    expect(bench.engine.status().streams.map(({ fault }) => fault)).not.toContain(reason);
  });

  test('does not keep the rest from being ended at a stop', async () => {
    await start();
    await bench.stop();
    expect(Service.ends).toBe(1);
    expect(closings()).toHaveLength(2);
    expect(bench.clock.pendingTimers).toEqual([]);
    expect(bench.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a part of the engine that fails at its end', () => {
  const broken = (): Promise<never> => Promise.reject(coreError('INTERNAL_FAULT', 'It broke.'));
  const breakParts = (): void => {
    jest.spyOn(RuleEngine.prototype, 'park').mockImplementationOnce(broken);
    jest.spyOn(Outbox.prototype, 'close').mockImplementationOnce(broken);
  };
  const told = ['The end of the rules was not clean: It broke.', 'The end of the outbox was not clean: It broke.'];

  test('keeps neither the plugins from being ended nor the next rules from working', async () => {
    await start();
    breakParts();
    write('second', 2);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    expect(Service.ends).toBe(1);
    expect(bench.log.messages).toEqual(expect.arrayContaining(told));
    await expectRulesToWork('second');
  });

  test('does not keep the plugins from being ended at a stop', async () => {
    await start();
    breakParts();
    await bench.stop();
    expect(Service.ends).toBe(1);
    expect(bench.log.messages).toEqual(expect.arrayContaining(told));
    expect(bench.clock.pendingTimers).toEqual([]);
  });
});
