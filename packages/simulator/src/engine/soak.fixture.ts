import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Duration, RealClock } from '@devicerc/core';
import { PrivateBus } from '../bus/private-bus.js';
import type { EngineEnd, EngineLife } from './engine-life.fixture.js';
import { FiringRecord } from './firing-record.fixture.js';
import { HoldDriver, type HoldFigures } from './hold-driver.fixture.js';
import { LevelDriver } from './level-driver.fixture.js';
import { LevelRecord } from './level-record.fixture.js';
import { ScheduleRecord } from './schedule-record.fixture.js';
import type { SeededRandom } from './seeded-random.fixture.js';
import { SoakBus } from './soak-bus.fixture.js';
import {
  countedRules,
  countOf,
  cronRules,
  deliveredRules,
  everyRules,
  holdRules,
  levelRules,
  loggedRules,
} from './soak-rules.fixture.js';
import { SoakedDevice } from './soaked-device.fixture.js';

const signalsPerSecond = 100;
const sendInterval = Duration.parse('50ms');
const poll = Duration.parse('50ms');
/**
 * Share of the signals for rules that send messages: each has to reach the disk before it is sent, and of more than 1,000 that
 * wait the oldest is given up. A machine that is busy with other tests delivers a dozen in a second.
 */
const deliveredShare = 0.06;
const busyShare = 0.01;

const patience = Duration.parse('90s');

interface Message {
  readonly rule: string;
  readonly numbers: readonly unknown[];
}

export interface SoakVerdict {
  readonly expected: number;
  readonly fired: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
}

/** An engine under 50 rules and 100 signals a second, and the record of what it has to do and what it did. */
export class Soak {
  readonly clock = new RealClock();
  readonly firings: FiringRecord;
  readonly cron = new ScheduleRecord(inMilliseconds(cronRules), true);
  readonly every = new ScheduleRecord(inMilliseconds(everyRules), false);
  readonly levels = new LevelRecord();
  readonly holds: HoldFigures = { switched: 0, lost: [], duplicated: [] };
  /** Errors in the log of the engine, but for those of files that are broken on purpose. */
  readonly complaints: string[] = [];
  lives = 0;
  #folder!: string;
  #daemon!: PrivateBus;
  #bus!: SoakBus;
  #server!: Server;
  #device!: SoakedDevice;
  #life: EngineLife | undefined;
  #frozenLevel!: LevelDriver;
  #isSending = false;
  #isOver = false;
  /** The engine has been asked to end, or was killed. */
  #isEnding = false;
  #load: Promise<unknown> = Promise.resolve();
  /** The last life whose rules have run. */
  #ranLife = 0;
  #reloads = 0;
  #reloaded = 0;
  #refused = 0;

  constructor(
    private readonly random: SeededRandom,
    /** `for` of the level rules. */
    private readonly levelFor: Duration,
  ) {
    const counted = new Map(countedRules.map((rule) => [rule, countOf]));
    this.firings = new FiringRecord(this.clock, loggedRules, deliveredRules, counted);
  }

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'devicerc-soak-bus-'));
    this.#daemon = await PrivateBus.start(this.#folder);
    this.#bus = await SoakBus.connect(this.#daemon.address, [...levelRules, ...holdRules]);
    this.#server = createServer((request, response) => {
      void json(request).then((body) => {
        const isBusy = this.random.next() < busyShare;
        if (!isBusy) this.#take(body as Message, String(request.headers['idempotency-key']));
        response.writeHead(isBusy ? 503 : 204).end();
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#device = await SoakedDevice.create({
      clock: this.clock,
      busAddress: this.#daemon.address,
      hook: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`,
      levelFor: this.levelFor.toString(),
      onLine: (line) => this.#read(line),
    });
  }

  /** Begins to send signals, and to turn levels and holds on and off; one level is left for {@link freeze}. */
  beginLoad(): void {
    const { clock, random } = this;
    const world = {
      clock,
      random,
      isOver: () => this.#isOver,
      isGivenUp: () => !this.#isSending,
      set: (rule: string, value: number) => this.#bus.set(rule, value),
      noticed: () => this.#noticed(),
    };
    const levelWorld = { ...world, record: this.levels };
    const holdWorld = {
      ...world,
      life: () => (this.firings.listens && !this.#isEnding ? this.lives : undefined),
      copies: (rule: string) => this.#device.copies(rule),
    };
    const levels = levelRules.map((rule) => new LevelDriver(rule, this.levelFor, levelWorld));
    this.#frozenLevel = levels.pop()!;
    const holds = holdRules.map((rule) => new HoldDriver(rule, holdWorld, this.holds));
    this.#isSending = true;
    void this.#send();
    this.#load = Promise.all([...levels, ...holds].map((driver) => driver.run()));
  }

  startLife(): void {
    this.lives += 1;
    this.#isEnding = false;
    this.firings.beginLife();
    this.#life = this.#device.start();
  }

  get life(): EngineLife {
    return this.#life!;
  }

  /** Resolves once the engine says that its rules run. */
  async running(): Promise<void> {
    const life = this.lives;
    await this.#until(() => this.#ranLife === life, 'runs its rules');
  }

  /** Resolves once the engine is known to receive every signal. */
  async listening(): Promise<void> {
    await this.#until(() => this.firings.listens, 'listens');
  }

  /** `kill -9`; nobody but the engine looks after the programs that it held. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.life.end('SIGKILL');
    this.#lifeIsOver();
  }

  /** SIGTERM; what the engine held ends with it. */
  async terminate(): Promise<EngineEnd & { readonly copiesLeft: number }> {
    this.#isEnding = true;
    const end = await this.life.end('SIGTERM');
    this.#lifeIsOver();
    const copies = await Promise.all(holdRules.map((rule) => this.#device.copies(rule)));
    return { ...end, copiesLeft: copies.reduce((sum, count) => sum + count, 0) };
  }

  /** SIGSTOP for longer than `for` of a level that turns false meanwhile. */
  async freeze(duration: Duration): Promise<void> {
    const half = Duration.ofMilliseconds(duration.milliseconds / 2);
    await this.#frozenLevel.duringStop(async (turnOff) => {
      this.life.send('SIGSTOP');
      await this.clock.sleep(half, 'engine that is stopped');
      turnOff();
      await this.clock.sleep(half, 'engine that is stopped');
      this.life.send('SIGCONT');
    });
  }

  /** The file is replaced; every third time by one that cannot be taken over, and then by one that mends it. */
  async reload(): Promise<void> {
    this.#reloads += 1;
    if (this.#reloads % 3 === 0) {
      const refused = this.#refused;
      await this.#device.writeRules(true);
      await this.#until(() => this.#refused > refused, 'refuses the file');
    }
    const reloaded = this.#reloaded;
    await this.#device.writeRules(false);
    await this.#until(() => this.#reloaded > reloaded, 'reloads the file');
  }

  /** Ends the load; resolves once everything that has to come has come, or was waited for in vain. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#load;
    await this.#noticed();
    this.#isSending = false;
    this.firings.settle();
    const deadline = this.clock.boottime() + patience.milliseconds;
    while (this.firings.awaitsMessages && this.clock.boottime() < deadline) {
      await this.clock.sleep(Duration.parse('500ms'), 'poll of the messages');
    }
  }

  /** All that had to happen, and what of it did not, or twice. */
  verdict(): SoakVerdict {
    const all = [this.firings.figures(), this.cron.figures(), this.every.figures(), this.levels.figures()];
    return {
      expected: all.reduce((sum, { expected }) => sum + expected, 0),
      fired: all.reduce((sum, { fired }) => sum + fired, 0),
      lost: [...all, this.holds].flatMap(({ lost }) => lost),
      duplicated: [...all, this.holds].flatMap(({ duplicated }) => duplicated),
    };
  }

  ledgerSize(): Promise<number> {
    return this.#device.ledgerSize();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#isSending = false;
    if (this.#life && !this.#life.isOver) await this.#life.end('SIGKILL');
    await this.#load.catch(() => undefined);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#bus.close();
    await this.#daemon.stop();
    await this.#device.remove();
    await rm(this.#folder, { recursive: true });
    this.clock.dispose();
  }

  #lifeIsOver(): void {
    const delay = this.firings.endLife();
    for (const schedules of [this.cron, this.every]) schedules.endLife(delay);
  }

  /** So many signals in each second, also after a moment in which this process had no time. */
  async #send(): Promise<void> {
    const begin = this.clock.boottime();
    let sent = 0;
    while (this.#isSending) {
      const due = ((this.clock.boottime() - begin) / 1_000) * signalsPerSecond;
      for (; sent < due; sent += 1) {
        const rule = this.random.oneOf(this.random.next() < deliveredShare ? deliveredRules : loggedRules);
        this.#bus.signal(rule, this.firings.send(rule));
      }
      await this.clock.sleep(sendInterval, 'load');
    }
  }

  /** Resolves once an engine has come to what was sent until now: signals and sensors share one connection. */
  async #noticed(): Promise<void> {
    const now = this.clock.boottime();
    const isGivenUp = (): boolean => !this.#isSending || this.clock.boottime() > now + patience.milliseconds;
    while (!(this.firings.listens && this.firings.reached > now) && !isGivenUp()) {
      await this.clock.sleep(poll, 'poll of the engine');
    }
  }

  async #until(check: () => boolean, what: string): Promise<void> {
    const deadline = this.clock.boottime() + patience.milliseconds;
    while (!check()) {
      if (this.life.isOver) throw new Error(`The engine ended. The end of its log:\n${this.life.lastLines}`);
      if (this.clock.boottime() > deadline) {
        throw new Error(`The engine never ${what}. The end of its log:\n${this.life.lastLines}`);
      }
      await this.clock.sleep(poll, 'poll of the engine');
    }
  }

  #read({ message, level, rule, fields, code }: Readonly<Record<string, unknown>>): void {
    const { scheduled, missed } = (fields ?? {}) as Readonly<Record<string, unknown>>;
    const text = String(message);
    const [word, number] = text.split(' ');
    if (word === 'fired') this.firings.fired(Number(number));
    else if (word === 'Running') this.#ranLife = this.lives;
    else if (word === 'occurred') {
      const schedules = [this.cron, this.every].find((record) => record.has(String(rule)))!;
      schedules.occurred(String(rule), Date.parse(String(scheduled)), Number(missed));
    } else if (word === 'Reloaded') this.#reloaded += 1;
    else if (text.endsWith('the rules that run stay in force.')) this.#refused += 1;
    else if (level === 'error' && code === undefined) this.complaints.push(text);
  }

  #take({ rule, numbers }: Message, key: string): void {
    for (const number of numbers) {
      if (rule.startsWith('level')) this.levels.delivered(rule, Number(number), key);
      else this.firings.delivered(rule, Number(number), key);
    }
  }
}

function inMilliseconds(seconds: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...seconds].map(([rule, distance]) => [rule, distance * 1_000]));
}
