import { afterEach, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { eventually } from '../clock/eventually.fixture.js';
import { definePlugin } from '../plugins/plugin.js';
import { Programs, type ProgramResult } from '../programs/programs.js';
import { EngineBench } from './engine.fixture.js';

let ending: (() => Promise<void>) | undefined;
afterEach(async () => {
  await ending?.();
  ending = undefined;
});

test('a program of a plugin lasts as long as the plugin, and is ended after it', async () => {
  const order: string[] = [];
  let result: Promise<ProgramResult> | undefined;

  @injectable()
  class Pump {
    constructor(private readonly programs: Programs) {}

    start(): void {
      result = this.programs.run({ command: ['sleep', '1000'] });
      void result.then(() => order.push('the program has ended'));
    }

    dispose(): void {
      order.push('the plugin ends');
    }
  }

  const bench = new EngineBench([definePlugin({ name: 'pump', api: '^1.0.0', services: [Pump] })]);
  ending = () => bench.end();
  await bench.start('  idle: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] }\n');
  await eventually(() => bench.ledger.entries('programs').size === 1);
  await bench.stop();
  expect(await result).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(order).toEqual(['the plugin ends', 'the program has ended']);
  expect(bench.ledger.entries('programs').size).toBe(0);
});
