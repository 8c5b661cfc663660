import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { Ext4Disk, mountObstacle } from './ext4-disk.fixture.js';
import { GatedDevice } from './gated-device.fixture.js';

// Proof: 20 min.
const kills = process.env['DEVICERC_PROVE'] ? 200 : 5;
/** Openings of the gate in one group, of which a limit lets through three. */
const groupSize = 5;
const limit = 3;
const longestLife = 2_500;
const patience = { within: Duration.parse('90s') };
/** On a busy machine many lives end before the engine has started. */
const manyLives = { within: Duration.parse('2h') };

/** What came to the receiver: keys by what they were about, and what it said yes to. */
class Mail {
  readonly keys = new Map<string, Set<string>>();
  readonly delivered = new Set<string>();

  take(about: string, key: string, isTaken: boolean): void {
    this.keys.set(about, (this.keys.get(about) ?? new Set()).add(key));
    if (isTaken) this.delivered.add(about);
  }

  keysOf(...abouts: string[]): ReadonlySet<string> {
    return new Set(abouts.flatMap((about) => [...(this.keys.get(about) ?? [])]));
  }
}

const obstacle = mountObstacle();
const onDisk = obstacle ? describe.skip : describe;

onDisk(`an engine that is killed${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let server: Server;
  let disk: Ext4Disk;
  let device: GatedDevice;
  /** Where the receiver puts what comes, and how often it has no time. */
  let mail: Mail;
  let busyShare: number;
  /** Nobody waits for another opening of the gate. */
  let isGivenUp: boolean;

  beforeAll(() => {
    clock = new RealClock();
  });
  afterAll(() => clock.dispose());
  beforeEach(async () => {
    mail = new Mail();
    busyShare = 0.2;
    isGivenUp = false;
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const isTaken = Math.random() >= busyShare;
        mail.take(`${request.url} ${body}`, String(request.headers['idempotency-key']), isTaken);
        response.writeHead(isTaken ? 204 : 503).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    disk = Ext4Disk.create();
    device = new GatedDevice(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    isGivenUp = true;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    device.remove();
    disk.remove();
  });

  /** Opens and closes the gate, each once the engine has acted on it, until there is nobody to act. */
  async function openAndClose(untilOver: () => boolean): Promise<number> {
    let opening = 0;
    while (!untilOver() && !isGivenUp) {
      opening += 1;
      const state = { name: `${opening}`, group: `${Math.floor((opening - 1) / groupSize)}` };
      const real = mail;
      device.set({ isOpen: true, ...state });
      await eventually(() => real.keys.has(`/each ${state.name}`) || isGivenUp, manyLives);
      device.set({ isOpen: false, ...state });
      await eventually(() => device.hasNoticed() || isGivenUp, manyLives);
    }
    return opening;
  }

  /** An engine on what a power cut at this moment would leave: what was accepted arrives, and nothing is done twice. */
  async function checkPowerCut(accepted: readonly string[]): Promise<void> {
    const before = mail;
    const after = new Mail();
    const share = busyShare;
    mail = after;
    busyShare = 0;
    const copy = disk.copy();
    const twin = device.twin();
    const engine = twin.start(copy.folder);
    try {
      await eventually(() => twin.hasNoticed(), patience);
      const { isOpen, name, group } = twin.state;
      const arrived = (opening: string): boolean =>
        before.delivered.has(`/each ${opening}`) || after.delivered.has(`/each ${opening}`);
      await eventually(() => accepted.every(arrived), patience);
      // What would be done twice would be done at the start.
      await clock.sleep(Duration.parse('200ms'), 'second thoughts of the engine');
      for (const about of new Set([...accepted, ...(isOpen ? [name] : [])].map((opening) => `/each ${opening}`))) {
        const keys = new Set([...before.keysOf(about), ...after.keysOf(about)]);
        expect({ about, keys: [...keys] }).toEqual({ about, keys: [...keys].slice(0, 1) });
      }
      const limited = new Set([...before.keysOf(`/limited ${group}`), ...after.keysOf(`/limited ${group}`)]);
      expect(limited.size).toBeLessThanOrEqual(limit);
    } catch (error) {
      throw new Error(`After the power cut: ${(error as Error).message}\n${engine.output}`, { cause: error });
    } finally {
      await engine.kill();
      twin.remove();
      copy.remove();
      mail = before;
      busyShare = share;
    }
  }

  test(
    `${kills} times at random moments loses no firing, repeats none, and keeps its limits, after a power cut too`,
    async () => {
      let isOver = false;
      const accepted: string[] = [];
      const openings = openAndClose(() => isOver);
      for (let kill = 1; kill <= kills; kill++) {
        const engine = device.start(disk.folder);
        await clock.sleep(Duration.ofMilliseconds(Math.random() * longestLife), 'life of the engine');
        await engine.kill();
        accepted.push(...engine.accepted);
        await checkPowerCut(accepted);
      }
      isOver = true;
      busyShare = 0;
      const last = device.start(disk.folder);
      const late = clock.schedule(patience.within.milliseconds, () => (isGivenUp = true), 'patience');
      const count = await openings;
      late.cancel();
      const names = Array.from({ length: count }, (_none, index) => `${index + 1}`);
      const findLost = (): string[] => names.filter((name) => !mail.delivered.has(`/each ${name}`));
      await eventually(() => findLost().length === 0, patience).catch(() => undefined);
      const lost = findLost();
      await last.kill();
      const repeated = names.filter((name) => mail.keysOf(`/each ${name}`).size !== 1);
      const groups = Array.from({ length: Math.ceil(count / groupSize) }, (_none, group) => `/limited ${group}`);
      const most = Math.max(...groups.map((about) => mail.keysOf(about).size));
      process.stdout.write(
        `${kills} kills, ${kills} power cuts: ${count} firings, ${lost.length} lost, ${repeated.length} repeated; ` +
          `${groups.length} groups, at most ${most} runs in one under a limit of ${limit}\n`,
      );
      if (lost.length > 0) process.stdout.write(last.output);
      expect({ lost, repeated }).toEqual({ lost: [], repeated: [] });
      expect(most).toBe(limit);
    },
    60_000 + kills * 20_000,
  );
});
