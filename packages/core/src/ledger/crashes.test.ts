import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, LedgerMachine } from './ledger-machine.fixture.js';
import type { DiskFault, Moment, Survival } from './storage/simulated-disk.js';

const isProof = Boolean(process.env['DEVICERC_PROVE']);
const histories = isProof ? 300 : 3;
const timeout = isProof ? 1_800_000 : 120_000;

type Step =
  | { readonly do: 'turn'; readonly changes: readonly (readonly [key: string, size: number | 'remove'])[] }
  | { readonly do: 'commit' }
  | { readonly do: 'wait'; readonly time: string }
  | { readonly do: 'restart' | 'kill' | 'power-cut' }
  | { readonly do: 'fault'; readonly fault: DiskFault | undefined }
  | { readonly do: 'space'; readonly left: number };

/** Values are as long as a record, and now and then so long that a segment is full. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 1, arbitrary: fc.constant(140_000) },
  { weight: 2, arbitrary: fc.constant('remove' as const) },
);
const changes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'ünï'), sizes), { minLength: 1, maxLength: 4 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: changes.map((each) => ({ do: 'turn' as const, changes: each })) },
  { weight: 4, arbitrary: fc.constant({ do: 'commit' as const }) },
  { weight: 2, arbitrary: fc.constantFrom('1s', '15s', '6m').map((time) => ({ do: 'wait' as const, time })) },
  { weight: 2, arbitrary: fc.constantFrom('restart', 'kill', 'power-cut').map((what) => ({ do: what })) },
);
const faults: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom('ENOSPC', 'EROFS', 'EIO', undefined).map((fault) => ({ do: 'fault' as const, fault })),
  fc.integer({ min: 0, max: 500 }).map((left) => ({ do: 'space' as const, left })),
);

/** What the history has written so far, and what of it must be there whatever happens. */
class History {
  readonly machine = new LedgerMachine();
  /** The content after each turn. */
  readonly states: Record<string, unknown>[] = [{}];
  /** Index of the state that survives a power cut, and of the one that survives `kill -9`. */
  committed = 0;
  written = 0;
  uptime = 0;

  constructor() {
    this.machine.open();
  }

  /** Stops where it is interrupted. */
  async play(history: readonly Step[]): Promise<void> {
    for (const step of history) {
      await this.#do(step);
      if (this.isInterrupted) return;
    }
  }

  get isInterrupted(): boolean {
    return this.machine.disk.wasInterrupted;
  }

  /** Starts the engine again, and holds what it finds to what it must find. */
  recover(survival: Survival | 'kill'): void {
    const { machine } = this;
    const atLeast = survival === 'kill' ? this.written : this.committed;
    this.uptime += survival === 'kill' ? 0 : machine.clock.boottime();
    machine.disk.fault = undefined;
    machine.disk.space = Infinity;
    const ledger = survival === 'kill' ? machine.kill() : machine.cutPower(survival);
    const found = contentOf(ledger)['rule'] ?? {};
    const index = this.states.findLastIndex((state) => JSON.stringify(state) === JSON.stringify(sorted(found)));
    expect({ found: sorted(found), index }).toMatchObject({ found: this.states[Math.max(0, index)] });
    expect(index).toBeGreaterThanOrEqual(atLeast);
    const now = ledger.deviceTime();
    const latest = Math.max(0, ...Object.values(found).map((value) => (value as { at: number }).at));
    expect(now).toBeGreaterThanOrEqual(latest);
    expect(now).toBeLessThanOrEqual(this.uptime + machine.clock.boottime());
    this.states.length = index + 1;
    this.written = index;
    if (survival !== 'kill') this.committed = index;
  }

  async #do(step: Step): Promise<void> {
    const { machine } = this;
    switch (step.do) {
      case 'turn':
        return this.#turn(step.changes);
      case 'commit':
        return this.#commit();
      case 'wait':
        await machine.advance(step.time);
        return;
      case 'restart': {
        await machine.ledger.close();
        if (this.isInterrupted) return;
        if (machine.ledger.durability.durable) this.committed = this.written = this.states.length - 1;
        return this.recover('kill');
      }
      case 'kill':
        return this.recover('kill');
      case 'power-cut':
        return this.recover({});
      case 'fault':
        machine.disk.fault = step.fault;
        machine.disk.space = Infinity;
        return;
      case 'space':
        machine.disk.space = step.left;
    }
  }

  async #turn(turn: Extract<Step, { do: 'turn' }>['changes']): Promise<void> {
    const { ledger } = this.machine;
    for (const [key, size] of turn) {
      if (size === 'remove') ledger.remove('rule', key);
      else ledger.write('rule', key, { at: ledger.deviceTime(), number: this.states.length, text: 'x'.repeat(size) });
    }
    this.states.push(sorted(contentOf(ledger)['rule'] ?? {}));
    await Promise.resolve();
    if (!this.isInterrupted && ledger.durability.durable) this.written = this.states.length - 1;
  }

  async #commit(): Promise<void> {
    const upTo = this.states.length - 1;
    const isDone = await this.machine.ledger.commit().then(
      () => true,
      () => false,
    );
    if (isDone) this.committed = this.written = upTo;
  }
}

const endings: readonly (Survival | 'kill')[] = [
  'kill',
  {},
  { unsynced: (bytes) => bytes, removed: 'back' },
  { unsynced: (bytes) => bytes >> 1 },
  // Of a new file its header and a part of its first frame, of an old one a few bytes.
  { unsynced: (bytes) => Math.min(bytes, 40), removed: 'back' },
];
const moments: readonly Moment[] = ['before', 'torn', 'after'];

/** Begins a new segment twice. */
const longHistory: readonly Step[] = [
  { do: 'turn', changes: [['a', 20]] },
  { do: 'commit' },
  ...[1, 2, 3, 4, 5].map((): Step => ({ do: 'turn', changes: [['b', 140_000]] })),
  { do: 'commit' },
  { do: 'turn', changes: [['a', 30]] },
  { do: 'commit' },
];

test(
  'an engine that ends at any operation on the disk keeps every turn up to one that is no older than the last commit',
  async () => {
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: isProof ? 16 : 10 }), async (history) => {
        const whole = new History();
        await whole.play(history);
        for (let operation = 0; operation < whole.machine.disk.operations; operation++) {
          for (const moment of moments) {
            for (const ending of endings) {
              const cut = new History();
              cut.machine.disk.interruptAt(operation, moment);
              await cut.play(history);
              cut.recover(ending);
              await cut.play([{ do: 'turn', changes: [['d', 5]] }, { do: 'commit' }, { do: 'power-cut' }]);
              cuts++;
            }
          }
        }
      }),
      { numRuns: histories, examples: [[[...longHistory]]] },
    );
    expect(cuts).toBeGreaterThan(histories * 10);
  },
  timeout,
);

test(
  'a disk that fails now and then costs nothing that was committed, and the ledger recovers',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 3, arbitrary: steps }, { weight: 1, arbitrary: faults }), { maxLength: 30 }),
        async (history) => {
          const whole = new History();
          await whole.play(history);
          whole.machine.disk.fault = undefined;
          whole.machine.disk.space = Infinity;
          await whole.machine.advance('2m');
          expect(whole.machine.ledger.durability).toEqual({ durable: true });
          await whole.play([{ do: 'turn', changes: [['d', 5]] }, { do: 'commit' }, { do: 'power-cut' }]);
          await whole.machine.ledger.close();
        },
      ),
      { numRuns: histories * 20 },
    );
  },
  timeout,
);

function sorted(content: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}
