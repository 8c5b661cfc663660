import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { action, type Action } from '../actions/action.js';
import { eventually } from '../clock/eventually.fixture.js';
import { FileLedger } from '../ledger/file-ledger.js';
import { DiskFolder } from '../ledger/storage/disk-folder.js';
import { definePlugin } from '../plugins/plugin.js';
import { dynamic, z } from '../schemas/schema.js';
import { BlackBox } from './black-box/black-box.js';
import { EngineBench } from './engine.fixture.js';
import { LogWriter } from './log-writer.js';

const token = 'T0p"S3cret/&';
const link = `https://x/?t=${token}`;
const inAnyForm = [token, 'T0p', JSON.stringify(token).slice(1, -1), Buffer.from(token).toString('base64')];

interface Input {
  readonly value: unknown;
}
const input = z.object({ value: dynamic() });

let told: unknown[];
let isReachable: boolean;
let detail: string;

@action({ name: 'probe.tell', summary: 'Tells.', effects: ['notify'], input })
class Tell implements Action<Input, void> {
  async run({ value }: Input): Promise<void> {
    if (!isReachable) throw new Error(`cannot reach ${String(value)}${detail}`);
    told.push(value);
  }
}

@action({ name: 'probe.reboot', summary: 'Is refused.', effects: ['reboot'], input })
class Reboot implements Action<Input, void> {
  async run({ value }: Input): Promise<void> {
    throw new Error(`not with ${JSON.stringify(value)}${detail}`);
  }
}

const probe = definePlugin({ name: 'probe', api: '^1.0.0', actions: [Tell, Reboot] });

let bench: EngineBench;
beforeEach(async () => {
  told = [];
  isReachable = false;
  detail = '';
  bench = new EngineBench([probe]);
  await openRecord();
});
afterEach(async () => {
  await bench.stop();
  await bench.ledger.close();
  await bench.end();
});

const state = (): string => join(bench.folder, 'state');

async function openRecord(): Promise<void> {
  const { clock, log, mask } = bench;
  bench.ledger = FileLedger.open({ folder: await DiskFolder.open(state()), clock, log, bootId: 'boot-1' });
  bench.blackBox = new BlackBox(clock, mask, join(state(), 'black-box'));
}

const rules = (): string => `
  tells:
    on: [{ custom: { event: go } }]
    then: [{ do: probe.tell, with: { value: "https://x/?t=\${{ secrets.token }}" } }]
  refused:
    on: [{ custom: { event: go } }]
    then: [{ do: probe.reboot, with: { value: "\${{ secrets.token }}" } }]
secrets: { token: { file: ${bench.folder}/token } }
`;

/** Everything that lies in the state folder. */
function onRecord(): string {
  const files = readdirSync(state(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

/** What was logged, as `devicerc run` writes it. */
function logged(): string {
  let text = '';
  const { clock, mask } = bench;
  const write = (line: string): void => void (text += line);
  const writer = new LogWriter({ clock, mask, format: 'json', level: 'debug', color: false, write });
  for (const { level, message, fields } of bench.log.lines) writer.log(level, message, fields);
  return text;
}

test('messages that wait, intents, the black box and the log hold no secret, and the message arrives with it', async () => {
  writeFileSync(join(bench.folder, 'token'), token);
  await bench.start(rules());
  bench.engine.emit('go', null);
  // The disk has its own time, which no virtual clock moves on.
  await eventually(async () => {
    await bench.advance('10ms');
    return bench.engine.intents()[0]?.outcome === 'blocked' && bench.engine.outbox().waiting[0]?.lastError;
  });
  await bench.advance('5m');
  await bench.stop();
  await eventually(
    () => /plain token/.test(onRecord()) && /probe.reboot blocked: probe.reboot failed/.test(onRecord()),
  );
  expect(bench.engine.intents()[0]?.detail).toBe('probe.reboot failed: not with "***"');
  for (const form of inAnyForm) for (const text of [onRecord(), logged()]) expect(text).not.toContain(form);
  expect(logged()).toContain('cannot reach https://x/?t=***');

  await bench.ledger.close();
  await openRecord();
  isReachable = true;
  await (await bench.load()).start();
  await eventually(async () => {
    await bench.advance('1m');
    return told.length > 0;
  });
  expect(told).toEqual([link]);
});

test('of an attempt that failed nothing is kept that the log masks: a key of the environment, a line of a longer secret', async () => {
  writeFileSync(join(bench.folder, 'token'), 'first-line\nsecond-line');
  bench.mask.add(['key-of-the-environment']);
  detail = ': second-line is not key-of-the-environment';
  await bench.start(`
  tells:
    on: [{ custom: { event: go } }]
    then: [{ do: probe.tell, with: { value: "\${{ secrets.token }}" }, retry: { attempts: 3 } }]
secrets: { token: { file: ${bench.folder}/token } }
`);
  bench.engine.emit('go', null);
  await eventually(async () => {
    await bench.advance('10ms');
    return bench.engine.outbox().waiting[0]?.lastError;
  });
  await bench.stop();
  await eventually(() => onRecord().includes('cannot reach ***'));
  expect(onRecord()).toContain(': *** is not ***');
  expect(onRecord()).not.toMatch(/first-line|second-line|key-of-the-environment/);
});

test('of a run that failed neither its record nor its trace keeps a part of a secret that begins like another one', async () => {
  writeFileSync(join(bench.folder, 'short'), 'open');
  writeFileSync(join(bench.folder, 'long'), 'open-sesame');
  bench.mask.add(['key-of-the-environment']);
  detail = ', nor with key-of-the-environment';
  await bench.start(`
  fails:
    on: [{ custom: { event: go } }]
    then: [{ do: probe.reboot, with: { value: "\${{ secrets.short + secrets.long }}" } }]
    finally: [{ wait: 1h }]
secrets: { short: { file: ${bench.folder}/short }, long: { file: ${bench.folder}/long } }
`);
  bench.engine.emit('go', null);
  await eventually(async () => {
    await bench.advance('10ms');
    return onRecord().includes('not with');
  });
  expect(onRecord()).toContain('not with \\"******\\", nor with ***');
  for (const text of [onRecord(), JSON.stringify(bench.engine.traces())]) {
    expect(text).not.toMatch(/sesame|key-of-the-environment/);
  }
});

test('secrets that are too short to be masked are named once in a warning, without their values', async () => {
  writeFileSync(join(bench.folder, 'pin'), '123');
  writeFileSync(join(bench.folder, 'word'), 'long-enough');
  await bench.start(`
  waits:
    on: [{ custom: { event: go } }]
    then: [{ do: log, with: { message: "\${{ secrets.pin + secrets.word }}" } }]
secrets: { pin: { file: ${bench.folder}/pin }, word: { file: ${bench.folder}/word } }
`);
  await bench.engine.reload();
  const warnings = bench.log.lines.filter(({ message }) => message.startsWith('Secrets of fewer than 4 characters'));
  expect(warnings).toEqual([expect.objectContaining({ level: 'warn', message: expect.stringMatching(/: pin\.$/) })]);
  expect(JSON.stringify(bench.log.lines)).not.toContain('123');
});
