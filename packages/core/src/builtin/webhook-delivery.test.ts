import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actionDescriptionOf, type Action } from '../actions/action.js';
import type { RetryPolicy } from '../actions/action-runner.js';
import { SupervisedActionRunner } from '../actions/supervised-action-runner.js';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { OutboxActionRunner } from '../outbox/outbox-action-runner.js';
import { Outbox } from '../outbox/outbox.js';
import {
  deliveries,
  failures,
  MisbehavingReceiver,
  refusals,
  silences,
} from '../network/misbehaving-receiver.fixture.js';
import { GotHttpClient } from '../network/got-http-client.js';
import { WebhookAction } from './webhook-action.js';

const isProof = Boolean(process.env['DEVICERC_PROVE']);
const histories = isProof ? 2_000 : 30;
const patience = Duration.parse(isProof ? '15m' : '30s');
const answers = { ...deliveries, ...failures, ...silences, ...refusals };
/** Final refusals after which a message without `retry` is given up. */
const refusalLimit = 5;
const longestPause = Duration.parse('10m');

/** A message, and what its receiver answers to one attempt after the other; the last answer is repeated. */
interface Sent {
  readonly answers: readonly string[];
  /** Of its `retry`; without one, it is sent until it is delivered. */
  readonly attempts?: number;
}

const sent: fc.Arbitrary<Sent> = fc
  .record({
    before: fc.array(fc.constantFrom(...Object.keys({ ...failures, ...silences, ...refusals })), { maxLength: 6 }),
    last: fc.constantFrom(...Object.keys(deliveries)),
    attempts: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  })
  .map(({ before, last, attempts }) => ({ answers: [...before, last], ...(attempts && { attempts }) }));

/** How often it has to arrive, and whether it is delivered in the end. */
function expectedOf({ answers, attempts = Infinity }: Sent): { arrivals: number; isDelivered: boolean } {
  let refused = 0;
  for (const [index, answer] of answers.entries()) {
    const arrivals = index + 1;
    if (answer in deliveries) return { arrivals, isDelivered: true };
    if (answer in refusals) refused += 1;
    if (arrivals === attempts || (attempts === Infinity && refused === refusalLimit)) {
      return { arrivals, isDelivered: false };
    }
  }
  throw new RangeError('The last answer is a delivery.');
}

/** The outbox and the action as they are, on real connections; pauses and patience in virtual time. */
class Sender {
  readonly clock = new VirtualClock();
  readonly #ledger = new MemoryLedger(this.clock, { durable: true });
  readonly #log = new RecordingLogger();
  readonly outbox = new Outbox({
    clock: this.clock,
    ledger: this.#ledger,
    log: this.#log,
    random: () => 0,
    reach: () => 'everywhere',
    mask: (text) => text,
  });
  readonly #runner: OutboxActionRunner;
  #attempts = 0;
  #begun = 0;

  /** @param onAttempt called before each, whose request has not arrived yet */
  constructor(
    private readonly url: string,
    onAttempt: () => void,
  ) {
    const webhook = new WebhookAction(new GotHttpClient(this.clock));
    const description = actionDescriptionOf(WebhookAction)!;
    const instance: Action = {
      run: (input, context) => {
        this.#attempts += 1;
        this.#begun += 1;
        onAttempt();
        return webhook.run(input as never, context).finally(() => (this.#attempts -= 1));
      },
    };
    const resolve = () => ({ description, instance, plugin: 'core' });
    const actions = new SupervisedActionRunner(resolve, this.clock, this.#log, () => 0);
    const carrier = { actions, describe: () => description };
    this.outbox.open(carrier);
    this.#runner = new OutboxActionRunner(this.outbox, carrier);
  }

  send(step: string, attempts?: number): void {
    const delay = Duration.parse('1s');
    const retry: RetryPolicy | undefined = attempts
      ? { attempts, delay, factor: 2, maxDelay: delay, jitter: 0 }
      : undefined;
    const call = { action: 'notify.webhook', rule: 'tell', run: 'r', step, signal: new AbortController().signal };
    void this.#runner.run({ ...call, input: { url: this.url, body: step }, ...(retry && { retry }) });
  }

  /** Until nothing waits: time passes in the pauses between attempts, and in an attempt that nothing will come of. */
  async deliverAll(isHopeless: () => boolean): Promise<void> {
    await eventually(
      async () => {
        await this.clock.settle();
        if (this.outbox.list().waiting.length === 0) return true;
        if (this.#attempts === 0) await this.clock.advance(longestPause, () => this.#attempts > 0);
        else if (isHopeless()) await this.#giveUp();
        return false;
      },
      { within: Duration.parse('10s') },
    );
  }

  /** Time passes until the present attempt is over, and not for the next one, whose answer is on its way. */
  async #giveUp(): Promise<void> {
    const present = this.#begun;
    await this.clock.advance(Duration.parse('1m'), () => this.#attempts === 0 || this.#begun > present);
  }
}

let receiver: MisbehavingReceiver;
beforeEach(async () => {
  receiver = new MisbehavingReceiver();
  await receiver.listen();
});
afterEach(() => receiver.close());

/** Sends all of them to one receiver, and gives back how often each arrived, in the order of first arrivals. */
async function arrivalsOf(messages: readonly Sent[]): Promise<{ arrivals: [string, number][]; dead: string[] }> {
  const arrivals = new Map<string, number>();
  let latest = '';
  receiver.answer = (key) => {
    const step = stepOf(key);
    const arrival = (arrivals.get(step) ?? 0) + 1;
    arrivals.set(step, arrival);
    const script = messages[Number(step)]!.answers;
    latest = script[Math.min(arrival, script.length) - 1]!;
    return answers[latest]!;
  };
  const sender = new Sender(receiver.url, () => (latest = ''));
  try {
    for (const [index, { attempts }] of messages.entries()) sender.send(String(index), attempts);
    await sender.deliverAll(() => latest in silences);
    return { arrivals: [...arrivals], dead: sender.outbox.list().dead.map(({ key }) => stepOf(key)) };
  } finally {
    await sender.outbox.close();
  }
}

describe('a message that is followed by another', () => {
  test.each(Object.keys(deliveries))('is delivered by 2xx, once: %s', async (answer) => {
    const { arrivals, dead } = await arrivalsOf([{ answers: [answer] }, { answers: ['a plain answer'] }]);
    expect(arrivals).toEqual([
      ['0', 1],
      ['1', 1],
    ]);
    expect(dead).toEqual([]);
  });

  test.each(Object.keys({ ...failures, ...silences, ...refusals }))(
    'holds it for no more than its own attempts: %s',
    async (answer) => {
      const { arrivals, dead } = await arrivalsOf([
        { answers: [answer], attempts: 2 },
        { answers: ['a plain answer'] },
      ]);
      expect(arrivals).toEqual([
        ['0', 2],
        ['1', 1],
      ]);
      expect(dead).toEqual(['0']);
    },
  );
});

test(
  'whatever a receiver answers, each message is delivered in its turn, and not again after a 2xx',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 4 }), async (messages) => {
        const { arrivals, dead } = await arrivalsOf(messages);
        const expected = messages.map(expectedOf);
        expect(arrivals).toEqual(expected.map((each, index) => [String(index), each.arrivals]));
        expect(dead).toEqual(expected.flatMap(({ isDelivered }, index) => (isDelivered ? [] : [String(index)])));
      }),
      { numRuns: histories },
    );
  },
  patience.milliseconds,
);

function stepOf(key: string): string {
  return key.split(':')[1]!;
}
