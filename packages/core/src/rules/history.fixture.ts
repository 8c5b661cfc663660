import fc from 'fast-check';
import { Duration } from '../clock/duration.js';
import { LedgerOnDisk } from './machine-ledger.fixture.js';
import type { Found, Happening, Played } from './reference-machine.fixture.js';
import type { Notation } from './rule-notation.fixture.js';
import { World } from './world.fixture.js';

export const seconds = (...choices: number[]): fc.Arbitrary<number> =>
  fc.constantFrom(...choices.map((time) => time * 1_000));
export const text = (milliseconds: number): string => Duration.ofMilliseconds(milliseconds).toString();

const times = seconds(1, 7, 10, 19, 20, 21, 45, 59, 60, 61, 300, 599, 600, 3_600);
const gaps = seconds(0, 1, 5, 30, 41, 59, 60, 61, 600);
const pass = (among: fc.Arbitrary<number>): fc.Arbitrary<Happening> => among.map((time) => ({ kind: 'pass', time }));
const restart: fc.Arbitrary<Happening> = fc.record({ kind: fc.constantFrom('restart', 'kill', 'reboot'), time: gaps });
const gapWith = (heard: fc.Arbitrary<readonly Happening[]>): fc.Arbitrary<Happening> =>
  fc.record({ kind: fc.constant('gap'), time: seconds(2, 5, 30, 41, 59, 60, 61, 600), heard });
const powerCut: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('power-cut'),
  time: gaps,
  records: fc.constantFrom(0, 0.5, 1),
  signs: fc.boolean(),
});
const level = fc.constantFrom(true, true, false, undefined).map((isTrue): Happening => ({ kind: 'level', isTrue }));
const event = fc.constantFrom(1, 2).map((id): Happening => ({ kind: 'event', id }));
const wall = fc.constantFrom(336, -1).map((hours): Happening => ({ kind: 'wall', hours }));
/** What may happen to a device, in any order; `own` is what a rule hears of. */
function historyOf(own: fc.Arbitrary<Happening>, gap: fc.Arbitrary<Happening>): fc.Arbitrary<readonly Happening[]> {
  const happening = fc.oneof(
    { weight: 4, arbitrary: pass(times) },
    { weight: 3, arbitrary: own },
    { weight: 3, arbitrary: restart },
    { weight: 2, arbitrary: gap },
    powerCut,
    wall,
    fc.constant<Happening>({ kind: 'reload' }),
  );
  // The disk is behind for 10 s: what comes in this time is rare, and matters most.
  const blow = fc.tuple(fc.oneof(own, restart, powerCut), pass(seconds(1, 5, 9, 10)), powerCut);
  return fc
    .array(fc.oneof({ weight: 6, arbitrary: fc.tuple(happening) }, blow), { minLength: 3, maxLength: 12 })
    .map((parts) => parts.flat());
}

export const levelHistory = historyOf(level, gapWith(fc.array(level, { maxLength: 3 })));
/** Of two events of one key that come together, the second finds the run of the first. */
export const eventHistory = historyOf(
  event,
  gapWith(fc.uniqueArray(event, { selector: JSON.stringify, maxLength: 2 })),
);

/** Plays a history with one rule and another that is edited at each reload, on the real ledger. */
export async function play(rule: Notation, happenings: readonly Happening[]): Promise<Played> {
  let disk!: LedgerOnDisk;
  const world = new World((clock) => (disk = new LedgerOnDisk(clock)));
  const found: Found[] = [];
  let edits = 0;
  const rules = (): Notation[] => [rule, { when: 'b', then: [{ wait: `${++edits}s` }] }];
  try {
    world.set('a', false);
    await world.start(...rules());
    for (const each of happenings) {
      const { present } = disk;
      await happen(world, disk, each, rules);
      if (disk.present === present) continue;
      const { watchedUntil } = disk.present;
      found.push({ deviceTime: disk.present.deviceTime(), watchedUntil });
    }
  } finally {
    await world.close();
  }
  return { acts: world.calls.map(actOf), found };
}

/** `12s act {"id":1}` is the act `12000 1`. */
function actOf(call: string): string {
  const [time, , input = '{}'] = call.split(' ');
  const { id } = JSON.parse(input) as { readonly id: number };
  return `${Duration.parse(time!).milliseconds} ${id}`;
}

async function happen(world: World, disk: LedgerOnDisk, what: Happening, rules: () => Notation[]): Promise<void> {
  switch (what.kind) {
    case 'pass':
      return world.pass(text(what.time));
    case 'level':
      return world.play([{ a: what.isTrue ?? 'lost' }]);
    case 'event':
      return world.emit('door', { id: what.id });
    case 'gap':
      world.freeze();
      await world.pass(text(what.time));
      for (const each of what.heard) await happen(world, disk, each, rules);
      return world.thaw();
    case 'wall':
      return world.clock.jumpWall(Duration.ofMilliseconds(what.hours * 3_600_000));
    case 'reload':
      return world.reload(...rules());
    case 'restart':
      return world.restart(text(what.time));
    case 'kill':
      return world.kill(text(what.time));
    case 'reboot':
      return world.reboot(text(what.time));
    case 'power-cut': {
      const kept = (name: string): number => (name === 'watched' ? Number(what.signs) : what.records);
      disk.survival = { unsynced: (bytes, name) => Math.floor(bytes * kept(name)) };
      return world.powerCut(text(what.time));
    }
  }
}
