import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { BeatingEngine } from './beating-engine.fixture.js';
import { DescriptorOutput } from './descriptor-output.js';
import { LogOutput } from './log-output.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

let engine: BeatingEngine;
beforeEach(() => {
  engine = new BeatingEngine();
});
afterEach(() => engine.remove());

describe('run, whose log cannot be written, goes on with its rules and ends with code 0 on SIGTERM,', () => {
  test('when the disk that takes the log is full', async () => {
    const full = openSync('/dev/full', 'w');
    engine.start(full);
    closeSync(full);
    await engine.beatsAgain();
    expect(await engine.codeAfterSigterm()).toBe(0);
  }, 60_000);

  test('when the reader of the log has gone away', async () => {
    const child = engine.start('pipe');
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    child.stderr!.destroy();
    await engine.beatsAgain();
    expect(await engine.codeAfterSigterm()).toBe(0);
  }, 60_000);

  test('when the reader of the log stands still', async () => {
    engine.start('pipe');
    // More than the kernel keeps of a pipe, and Node of a stream.
    for (let kilobytes = 0; kilobytes < 900; kilobytes += 150) await engine.beatsAgain();
    expect(await engine.codeAfterSigterm()).toBe(0);
  }, 120_000);
});

test('a log whose reader stands still takes a bounded part of the memory, and goes on with the reader', async () => {
  let take = (): void => undefined;
  const taken: string[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      taken.push(chunk.toString());
      take = done;
    },
  });
  const log = new LogOutput(output, new VirtualClock());
  const line = `${'x'.repeat(999)}\n`;
  for (let written = 0; written < 5_000; written++) log.write(line);
  expect(output.writableLength).toBeLessThan(1024 * 1024 + line.length);
  while (output.writableLength > 0) {
    take();
    await new Promise(setImmediate);
  }
  log.write('again\n');
  expect(taken.at(-1)).toBe('again\n');
  expect(taken.length).toBeGreaterThan(1_000);
});

test('a log in a file follows what others write there, and is whole when it is closed', async () => {
  const clock = new RealClock();
  const file = join(engine.folder, 'log');
  writeFileSync(file, 'before\n');
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, 'before\n');
  const log = new LogOutput(new DescriptorOutput(descriptor, false, clock), clock);
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) log.write(line);
  await log.close();
  writeSync(descriptor, 'after\n');
  closeSync(descriptor);
  clock.dispose();
  expect(readFileSync(file, 'utf8')).toBe(`before\n${lines.join('')}after\n`);
});

test('a command that prints ends quietly when the reader of its output has gone away', async () => {
  const child = spawn('sh', ['-c', `sleep 0.1; exec ${process.execPath} ${program} --help`], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let error = '';
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, error }).toEqual({ code: 0, error: '' });
}, 20_000);

test('a command that prints says in one line that a full disk takes no output', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [program, 'eval', '1 + 1'], {
    stdio: ['ignore', full, 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  closeSync(full);
  let error = '';
  child.stderr!.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, error }).toEqual({ code: 1, error: 'The output cannot be written: ENOSPC.\n' });
}, 20_000);
