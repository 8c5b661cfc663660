import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BehaviorSubject, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import type { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { BootRecord } from '../ledger/boot-record.js';
import type { Durability } from '../ledger/ledger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

let calls: string[];

/** Accepted, but the machine stays up. */
@action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({}) })
class Reboot implements Action<unknown, void> {
  async run(_input: unknown, { rule }: { readonly rule: string }): Promise<void> {
    calls.push(`${Math.floor(bench.clock.boottime() / 60_000)}m ${rule}`);
  }
}

const isStuck = new BehaviorSubject({ isStuck: true });

@stateStream({ name: 'network', summary: 'As a test says.', value: z.object({ isStuck: z.boolean() }) })
class Network implements StateStream<unknown, { isStuck: boolean }> {
  open(): Observable<{ isStuck: boolean }> {
    return isStuck;
  }
}

/** On a disk that a test lets fail, of a machine that a test lets boot. */
class FailingLedger extends MemoryLedger {
  commitsFail = false;
  shortBoots = 0;

  constructor(
    clock: Clock,
    readonly disk = { isFull: false },
  ) {
    const durability = {
      reason: 'the disk is full',
      get durable() {
        return !disk.isFull;
      },
    };
    super(clock, durability as Durability);
  }

  override get boots(): readonly [BootRecord] {
    const [present] = super.boots;
    const former = Array.from({ length: this.shortBoots }, (_, index) => ({
      ...present,
      number: index + 1,
      id: `boot-${index}`,
      seenFor: 60_000,
    }));
    return [...former, { ...present, number: former.length + 1 }] as unknown as readonly [BootRecord];
  }

  override commit(): Promise<void> {
    return this.commitsFail ? Promise.reject(coreError('LEDGER_UNWRITABLE', 'It fails.')) : super.commit();
  }
}

const machine = definePlugin({ name: 'machine', api: '^1.0.0', actions: [Reboot], streams: [Network] });
const stuck = `
  stuck:
    when: "true"
    for: 10m
    then:
      - { do: log, with: { message: "stuck for \${{ rule.heldFor }}" } }
      - { do: machine.reboot }
`;

let bench: EngineBench;
let ledger: FailingLedger;
beforeEach(() => {
  calls = [];
  isStuck.next({ isStuck: true });
  bench = new EngineBench([machine]);
  bench.ledger = ledger = new FailingLedger(bench.clock);
});
afterEach(() => bench.end());

/** A quarter of an hour of rules on a full disk. */
async function startOnFullDisk(rules: string): Promise<void> {
  ledger.disk.isFull = true;
  await bench.start(rules);
  await bench.advance('15m');
}

async function advanceWithSpace(time: string): Promise<void> {
  ledger.disk.isFull = false;
  await bench.advance(time);
}

test('a when whose reboot a full disk stood in the way of reboots once there is space', async () => {
  await startOnFullDisk(stuck);
  expect(bench.said).toEqual(['stuck for 10m']);
  expect(bench.engine.status().rules).toMatchObject([
    { state: 'limited', detail: expect.stringContaining('the disk is full'), refusals: { 'put-off': 1 } },
  ]);
  await bench.advance('5h');
  expect(bench.said).toHaveLength(1);
  await advanceWithSpace('24h');
  expect(calls).toEqual(['316m stuck']);
  expect(bench.said).toEqual(['stuck for 10m', 'stuck for 5h16m']);
});

test('a when whose reboot safe mode stood in the way of reboots once that is left', async () => {
  ledger.shortBoots = 5;
  await bench.start(stuck);
  await bench.advance('59m');
  expect(calls).toEqual([]);
  expect(bench.engine.explain('stuck')).toMatchObject({
    status: [{ state: 'limited', detail: expect.stringContaining('in safe mode') }],
    refused: { code: 'SAFE_MODE' },
    waitsFor: 'what blocks it to go away',
  });
  await bench.advance('24h');
  expect(calls).toEqual([expect.stringMatching(/^6\dm stuck$/)]);
});

test('a when whose reboot came while another was under way reboots when that is lost', async () => {
  await bench.start(`${stuck}${stuck.replace('stuck', 'late')}`);
  await bench.advance('11m');
  expect(calls).toEqual(['10m stuck']);
  await bench.advance('24h');
  expect(calls).toEqual(['10m stuck', expect.stringMatching(/^1\dm late$/)]);
});

test('each rung is put off by itself', async () => {
  await startOnFullDisk(`
  stuck:
    when: "true"
    escalate:
      - { after: 10m, then: [{ do: machine.reboot }] }
      - { after: 20m, then: [{ do: log, with: { message: still } }] }
`);
  await bench.advance('30m');
  expect(bench.said).toEqual(['still']);
  await advanceWithSpace('24h');
  expect(calls).toEqual([expect.stringMatching(/stuck$/)]);
  expect(bench.said).toEqual(['still']);
});

test('what was put off is not done when the episode is over meanwhile', async () => {
  await startOnFullDisk(stuck.replace('"true"', 'network.isStuck'));
  expect(bench.said).toHaveLength(1);
  isStuck.next({ isStuck: false });
  await advanceWithSpace('24h');
  expect(calls).toEqual([]);
});

test('what was put off is done after a restart of the engine', async () => {
  await startOnFullDisk(stuck);
  await bench.stop();
  await bench.load();
  await bench.engine.start();
  await bench.advance('10m');
  expect(bench.said).toHaveLength(1);
  await advanceWithSpace('24h');
  expect(calls).toEqual([expect.stringMatching(/stuck$/)]);
});

test('a disk that fails only when it is needed is asked as often as the limit of the rule allows', async () => {
  ledger.commitsFail = true;
  await bench.start(stuck);
  await bench.advance('24h');
  expect(calls).toEqual([]);
  expect(bench.said).toEqual(['stuck for 10m', 'stuck for 20m', 'stuck for 30m']);
});

test('a limit counts a run that was put off, too', async () => {
  await startOnFullDisk(stuck.replace('for: 10m', 'for: 10m\n    limit: { runs: 1, per: 24h }'));
  await advanceWithSpace('23h');
  expect(calls).toEqual([]);
  await bench.advance('2h');
  expect(calls).toHaveLength(1);
});

test.each([
  ['then', 'then: [{ do: machine.reboot }, { wait: 1m }, { do: machine.reboot }]'],
  [
    'catch',
    'then: [{ do: machine.reboot }, { stop: { reason: no, failed: true } }]\n    catch: [{ do: machine.reboot }]',
  ],
])('a when whose own reboot is under way is not put off by it: a second one in %s', async (_where, steps) => {
  await bench.start(`
  stuck:
    when: "true"
    for: 10m
    limit: { runs: 100, per: 24h }
    ${steps}
`);
  await bench.advance('3h');
  expect(calls).toEqual(['10m stuck']);
});

test('a when is put off although the engine is restarted before its run is over', async () => {
  await startOnFullDisk(`
  stuck: { when: "true", for: 10m, then: [{ do: machine.reboot, on-error: continue }, { wait: 10m }] }
`);
  await bench.stop();
  await bench.load();
  await bench.engine.start();
  await bench.advance('15m');
  await advanceWithSpace('3h');
  expect(calls).toHaveLength(1);
});

test('a when that its limit disables is not disabled by a reboot that was put off', async () => {
  await startOnFullDisk(`
  stuck:
    when: "true"
    for: 10m
    limit: { runs: 1, per: 24h, then: disable }
    then: [{ do: machine.reboot }]
`);
  await advanceWithSpace('25h');
  expect(bench.engine.status().rules).not.toMatchObject([{ state: 'disabled' }]);
  expect(calls).toHaveLength(1);
});

test('a when whose finally came to the reboot is put off, too', async () => {
  await startOnFullDisk(`
  stuck:
    when: "true"
    for: 10m
    then: [{ do: log, with: { message: hi } }]
    finally: [{ do: machine.reboot }]
`);
  await advanceWithSpace('3h');
  expect(calls).toHaveLength(1);
});

test('a while is not put off: its steps belong to its beginning', async () => {
  await startOnFullDisk('  stuck: { while: "true", then: [{ do: machine.reboot }] }\n');
  expect(bench.engine.status().rules).toMatchObject([{ detail: 'its while is true' }]);
  await advanceWithSpace('3h');
  expect(calls).toEqual([]);
});

test('a when that lasts until an event is not put off: the event would end nothing that fires once more', async () => {
  await startOnFullDisk(`
  stuck:
    when: "true"
    for: 10m
    then: [{ do: machine.reboot, on-error: continue }]
    until: [{ custom: { event: enough } }]
`);
  bench.engine.emit('enough', {});
  await advanceWithSpace('3h');
  expect(calls).toEqual([]);
});
