import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GuardedMachine } from './guarded-machine.fixture.js';

/** No sum of the short stretches comes near the five minutes that tell a short boot from a long one. */
const stretches = [1.3, 2.3, 4.3, 11, 70, 500] as const;
const histories = process.env['DEVICERC_PROVE'] ? 2_000 : 60;
const day = 24 * 60 * 60_000;
const minute = 60_000;

/**
 * What may happen to a machine: time passes; a rule tries to reboot, and its call is accepted (and happens, or is lost, as
 * what follows says), fails, or is cut by the end of the engine; the engine or the machine ends in every way.
 */
type Happening =
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'accepted' | 'refused' | 'interrupted'; readonly rule: string }
  | { readonly kind: 'reboot' | 'power-cut' | 'kill' | 'restart' | 'leave' }
  | { readonly kind: 'jump'; readonly days: number }
  | { readonly kind: 'loop'; readonly boots: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.constantFrom(...stretches) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('accepted' as const, 'refused' as const, 'interrupted' as const),
      rule: fc.constantFrom('a', 'b'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('reboot', 'power-cut', 'power-cut', 'kill', 'restart', 'leave' as const),
    }) as fc.Arbitrary<Happening>,
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loop' as const), boots: fc.integer({ min: 3, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('jump' as const), days: fc.constantFrom(-14, 14) }) },
);

interface Call {
  readonly rule: string;
  readonly number: number;
  readonly deviceTime: number;
}

/** Plays a history, and keeps beside the machine what somebody who sees everything would write down. */
class Observer {
  readonly calls: Call[] = [];
  readonly outcomes = new Map<number, string>();
  /** Lengths of the boots since the last one that lasted, or since safe mode was left. */
  shortBoots = 0;
  inSafeMode = false;
  /** What the end of the present boot must be told as, if it ends now without a good-bye. */
  #underWayUntil = -Infinity;

  constructor(private readonly machine: GuardedMachine) {}

  async play(what: Happening): Promise<void> {
    switch (what.kind) {
      case 'pass':
        await this.machine.advance(`${what.minutes}m`);
        if (this.#uptime >= 60 * minute && this.inSafeMode) this.#safeModeIsLeft();
        break;
      case 'jump':
        this.machine.machine.clock.jumpWall(what.days * day);
        break;
      case 'accepted':
      case 'refused':
      case 'interrupted':
        await this.#call(what.rule, what.kind);
        break;
      case 'leave':
        if (this.inSafeMode) this.#safeModeIsLeft();
        this.machine.safety.leaveSafeMode();
        break;
      case 'kill':
        await this.machine.killEngine();
        break;
      case 'restart':
        await this.machine.restartEngine();
        break;
      case 'loop':
        for (let boot = 0; boot < what.boots; boot++) await this.#boot('power-cut');
        break;
      case 'reboot':
      case 'power-cut':
        await this.#boot(what.kind);
    }
    // What was settled is on the disk a turn later; a power cut before that makes the next start guess.
    await this.machine.machine.clock.settle();
    this.#noteOutcomes();
    expect(this.machine.safety.safeMode().active).toBe(this.inSafeMode);
  }

  get #uptime(): number {
    return this.machine.machine.clock.boottime();
  }

  get #isUnderWay(): boolean {
    return this.#uptime < this.#underWayUntil;
  }

  async #call(rule: string, answer: 'accepted' | 'refused' | 'interrupted'): Promise<void> {
    const wasUnderWay = this.#isUnderWay;
    let intent;
    try {
      intent = await this.machine.announce(rule);
    } catch (error) {
      const { code } = error as { code: string };
      if (this.inSafeMode) return expect(code).toBe('SAFE_MODE');
      return expect(code).toBe(wasUnderWay ? 'DISRUPTION_UNDER_WAY' : 'DISRUPTION_LIMITED');
    }
    expect({ inSafeMode: this.inSafeMode, wasUnderWay }).toEqual({ inSafeMode: false, wasUnderWay: false });
    const { number } = this.machine.safety.intents().at(-1)!;
    this.calls.push({ rule, number, deviceTime: this.machine.machine.ledger.deviceTime() });
    if (answer === 'refused') return intent.blocked(new Error('locked'));
    this.#underWayUntil = this.#uptime + 90_000;
    if (answer === 'accepted') return intent.accepted();
    // Nobody answers any more; the next engine gives it its time.
    await this.machine.killEngine();
  }

  async #boot(kind: 'reboot' | 'power-cut'): Promise<void> {
    const wasUnderWay = this.#isUnderWay;
    // Only an orderly stop puts the length on record to the very end.
    const isLong = this.#uptime >= 5 * minute + (kind === 'reboot' ? 0 : 1_000);
    this.shortBoots = isLong ? 0 : this.shortBoots + 1;
    await (kind === 'reboot' ? this.machine.reboot() : this.machine.cutPower());
    this.#underWayUntil = -Infinity;
    this.inSafeMode = this.shortBoots >= 5;
    const expected = wasUnderWay ? 'requested' : kind === 'reboot' ? 'external' : 'power-cut';
    expect(await this.machine.boot()).toMatchObject({ reason: expected });
  }

  #safeModeIsLeft(): void {
    this.inSafeMode = false;
    this.shortBoots = 0;
  }

  /** What was settled once stays as it is. */
  #noteOutcomes(): void {
    for (const { number, outcome } of this.machine.safety.intents()) {
      if (outcome === undefined) continue;
      expect(this.outcomes.get(number) ?? outcome).toBe(outcome);
      this.outcomes.set(number, outcome);
    }
  }

  expectKept(): void {
    expect(new Set(this.calls.map(({ number }) => number)).size).toBe(this.calls.length);
    for (const call of this.calls) {
      const { rule, deviceTime } = call;
      const before = this.calls.filter((other) => other.rule === rule && other.number < call.number);
      const inWindow = before.filter((other) => other.deviceTime > deviceTime - day);
      expect(inWindow.length).toBeLessThan(3);
      const last = before.at(-1);
      if (last) expect(deviceTime - last.deviceTime).toBeGreaterThanOrEqual(10 * minute);
    }
  }
}

test('over any history of reboots, power cuts, kills and clock jumps: three calls a day at most, each settled once, and safe mode just when it is due', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 40 }), async (history) => {
      const machine = await GuardedMachine.start();
      const observer = new Observer(machine);
      for (const what of history) await observer.play(what);
      await machine.advance('2m');
      await machine.reboot();
      observer.expectKept();
      expect(machine.outcomes).not.toContain(undefined);
      await machine.end();
    }),
    { numRuns: histories },
  );
}, 600_000);
