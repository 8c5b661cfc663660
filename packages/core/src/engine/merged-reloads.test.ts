import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RealClock } from '../clock/real-clock.js';
import { FileReader } from '../config/file-reader.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { plainImporter } from '../plugins/module-importer.js';
import { EngineBench } from './engine.fixture.js';
import { loadDevice } from './load-device.js';

const requests = process.env['DEVICERC_PROVE'] ? 5_000 : 100;

let bench: EngineBench;
/** How often the file was read, the start included. */
let reads: number;
/** What a reload waits for once it has read the file. */
let gate: Promise<unknown>;
beforeEach(() => {
  bench = new EngineBench();
  reads = 0;
  gate = Promise.resolve();
  const { host } = bench;
  const files = new FileReader(new RealClock());
  const around = { host, files, expressions: new CelCompiler(), importModule: plainImporter, builtIn: new Map() };
  bench.loadFile = async (file) => {
    const device = await loadDevice(file, around);
    reads += 1;
    await gate;
    return device;
  };
});
afterEach(() => bench.end());

const edition = (name: string): string =>
  `  ${name}: { on: [{ custom: { event: e } }], then: [{ do: log, with: { message: hi } }] }\n`;
const ruleInForce = (): string => bench.engine.status().rules[0]!.rule;

/** A reload that has read the file and goes on when it is let. */
async function reloadUnderWay(): Promise<{ readonly answer: Promise<unknown>; readonly goOn: () => void }> {
  let goOn!: () => void;
  gate = new Promise<void>((resolve) => (goOn = resolve));
  const before = reads;
  const answer = bench.engine.reload();
  while (reads === before) await new Promise(setImmediate);
  return { answer, goOn };
}

test(`${requests} requests while a reload is under way lead to one more, whose answer all of them get`, async () => {
  await bench.start(edition('one'));
  bench.write(edition('two'));
  const { answer, goOn } = await reloadUnderWay();
  bench.write(edition('three'));
  const answers = Array.from({ length: requests }, () => bench.engine.reload());
  goOn();
  expect(await answer).toMatchObject({ applied: true });
  for (const later of await Promise.all(answers)) expect(later).toMatchObject({ applied: true });
  expect([ruleInForce(), reads]).toEqual(['three', 3]);
});

test.each([
  ['bad', 'good'],
  ['good', 'bad'],
])('a request gets the answer of a reload that read the file after it: %s before, %s then', async (before, then) => {
  const texts: Readonly<Record<string, string>> = { bad: '  broken: 7\n', good: edition('two') };
  await bench.start(edition('one'));
  bench.write(texts[before]!);
  const { answer, goOn } = await reloadUnderWay();
  bench.write(texts[then]!);
  const later = bench.engine.reload();
  goOn();
  expect(await answer).toMatchObject({ applied: before === 'good' });
  expect(await later).toMatchObject({ applied: then === 'good' });
  expect(ruleInForce()).toBe('two');
});

test('requests that come one after the other are answered by a reload each', async () => {
  await bench.start(edition('one'));
  for (const name of ['two', 'three', 'four']) {
    bench.write(edition(name));
    await bench.engine.reload();
    expect(ruleInForce()).toBe(name);
  }
  expect(reads).toBe(4);
});
