import { describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Answer, type Script } from './world.fixture.js';

interface Case {
  readonly rule: Notation;
  /** Rules beside it. */
  readonly others?: readonly Notation[];
  readonly answers?: Readonly<Record<string, readonly Answer[]>>;
  /** With the ends and starts of the engine and the machine. */
  readonly script: Script;
  /** All calls of actions, by the time since the start. */
  readonly calls: readonly string[];
}

/** One test for each claim, by what has to survive. */
export function describeSurvival(tables: Readonly<Record<string, Readonly<Record<string, Case>>>>): void {
  describe.each(Object.entries(tables))('%s', (_, cases) => {
    test.each(Object.entries(cases))('%s', async (_claim, { rule, others = [], answers = {}, script, calls }) => {
      const world = new World();
      for (const [action, answer] of Object.entries(answers)) world.answer(action, ...answer);
      await world.start(rule, ...others);
      await world.play(script);
      expect(world.calls).toEqual(calls);
      await world.close();
    });
  });
}
