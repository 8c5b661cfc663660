import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { action, type Action } from '../actions/action.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { FileLedger } from '../ledger/file-ledger.js';
import { DiskFolder } from '../ledger/storage/disk-folder.js';
import { definePlugin } from '../plugins/plugin.js';
import { dynamic, z } from '../schemas/schema.js';
import { BlackBox } from './black-box/black-box.js';
import { EngineBench } from './engine.fixture.js';

const token = 'T0p"S3cret/&';
const pin = '48151623';
const inAnyForm = [token, 'T0p', encodeURIComponent(token), Buffer.from(token).toString('base64'), pin];

interface Input {
  readonly value: unknown;
}
const input = z.object({ value: dynamic() });

let used: unknown[];
let told: unknown[];
let isReachable: boolean;

@action({ name: 'probe.use', summary: 'Uses.', effects: [], input, output: z.object({ text: z.string() }) })
class Use implements Action<Input, { text: string }> {
  async run({ value }: Input): Promise<{ text: string }> {
    used.push(value);
    return { text: `made of ${JSON.stringify(value)}, ${token}` };
  }
}

@action({ name: 'probe.tell', summary: 'Tells.', effects: ['notify'], input })
class Tell implements Action<Input, void> {
  async run({ value }: Input): Promise<void> {
    if (!isReachable) throw new Error(`cannot reach ${String(value)}`);
    told.push(value);
  }
}

@action({ name: 'probe.reboot', summary: 'Is refused.', effects: ['reboot'], input })
class Reboot implements Action<Input, void> {
  async run({ value }: Input): Promise<void> {
    throw new Error(`not with ${String(value)}`);
  }
}

const probe = definePlugin({ name: 'probe', api: '^1.0.0', actions: [Use, Tell, Reboot] });

const benches: EngineBench[] = [];
beforeEach(() => {
  used = [];
  told = [];
  isReachable = false;
});
afterEach(async () => {
  for (const bench of benches.splice(0)) {
    await bench.stop();
    await bench.ledger.close();
    await bench.end();
  }
});

const stateOf = (bench: EngineBench): string => join(bench.folder, 'state');

/** A bench whose record lies on the disk; `former` is killed, and leaves its folder as it is at this moment. */
async function onDisk(former?: EngineBench): Promise<EngineBench> {
  const bench = new EngineBench([probe], new VirtualClock(former && { boottime: former.clock.boottime() }));
  benches.push(bench);
  if (former) cpSync(former.folder, bench.folder, { recursive: true });
  await openRecord(bench);
  return bench;
}

async function openRecord(bench: EngineBench): Promise<void> {
  const { clock, log, mask } = bench;
  bench.ledger = FileLedger.open({ folder: await DiskFolder.open(stateOf(bench)), clock, log, bootId: 'boot-1' });
  bench.blackBox = new BlackBox(clock, mask, join(stateOf(bench), 'black-box'));
}

/** An orderly stop and another start, with the file as `change` leaves it. */
async function restart(bench: EngineBench, change = (): void => {}): Promise<void> {
  await bench.stop();
  await bench.ledger.close();
  change();
  await openRecord(bench);
  await (await bench.load()).start();
  await bench.advance('10ms');
}

function setSecrets(bench: EngineBench, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) writeFileSync(join(bench.folder, name), value);
}

const rules = ({ folder }: EngineBench, emitted = '${{ secrets.token }}'): string => `
  source:
    on: [{ custom: { event: go } }]
    then:
      - emit: { event: handed, data: { token: "${emitted}", link: "https://x/?t=${emitted}", pin: "\${{ int(secrets.pin) }}" } }
  user:
    on: [{ custom: { event: handed } }]
    key: event.data.token
    mode: queued
    then:
      - { do: probe.use, as: made, with: { value: "\${{ event.data.link }}" } }
      - { do: probe.tell, with: { value: "\${{ event.data.token }}" } }
      - { wait: 10m }
      - { do: probe.use, with: { value: "\${{ {'key': key, 'made': made.text, 'pin': event.data.pin} }}" } }
    catch: [{ do: probe.use, with: { value: "\${{ error.code }}" } }]
  later:
    on: [{ custom: { event: handed }, debounce: 15m }]
    then: [{ do: probe.use, with: { value: "later \${{ event.data.token }}" } }]
  refused:
    on: [{ custom: { event: handed } }]
    then: [{ do: probe.reboot, with: { value: "\${{ event.data.token }}" } }]
    catch: [{ wait: 20m }]
secrets: { token: { file: ${folder}/token }, pin: { file: ${folder}/pin } }
`;

/** The disk has its own time, which no virtual clock moves on. */
async function untilWaiting(bench: EngineBench): Promise<void> {
  const isWaiting = (name: string): boolean =>
    bench.engine.status().rules.some(({ rule, waitingFor }) => rule === name && waitingFor !== undefined);
  await eventually(async () => {
    await bench.advance('10ms');
    return isWaiting('user') && isWaiting('refused');
  });
}

/** Lets minutes pass until the actions were used so often. */
async function untilUsed(bench: EngineBench, times: number): Promise<void> {
  await eventually(async () => {
    await bench.advance('1m');
    return used.length >= times;
  });
}

/** In the middle of one run, with another one queued. */
async function started(): Promise<EngineBench> {
  const bench = await onDisk();
  setSecrets(bench, { token, pin });
  await bench.start(rules(bench));
  bench.engine.emit('go', null);
  await untilWaiting(bench);
  bench.engine.emit('go', null);
  await bench.advance('6m');
  expect(used).toEqual([`https://x/?t=${token}`]);
  return bench;
}

/** Everything that lies in the state folder. */
function onRecord(bench: EngineBench): string {
  const files = readdirSync(stateOf(bench), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

function expectNoSecret(bench: EngineBench): void {
  const text = onRecord(bench);
  for (const form of inAnyForm) expect(text).not.toContain(form);
}

const lastUse = (value: string, number: number): unknown => ({
  key: value,
  made: `made of ${JSON.stringify(`https://x/?t=${token}`)}, ${value}`,
  pin: number,
});

test('no file of the state folder holds a secret, neither while runs go on nor when they are over', async () => {
  const bench = await started();
  expectNoSecret(bench);
  expect(onRecord(bench)).toMatch(/plain token[^]*number pin/);
  await bench.stop();
  expectNoSecret(bench);
  await eventually(() => onRecord(bench).includes('not with ***'));
  await restart(bench);
  await untilUsed(bench, 5);
  await bench.stop();
  expectNoSecret(bench);
});

test.each(['stopped', 'killed'])(
  'an engine that is %s in the middle of a run leaves it with its values',
  async (how) => {
    const first = await started();
    const bench = how === 'killed' ? await onDisk(first) : first;
    isReachable = true;
    if (how === 'killed') await bench.start(rules(bench));
    else await restart(bench);
    used = [];
    await untilUsed(bench, 4);
    expect(told).toEqual([token, token]);
    expect(used).toEqual(expect.arrayContaining([lastUse(token, 48151623), `https://x/?t=${token}`, `later ${token}`]));
    expectNoSecret(bench);
  },
);

test('a run that goes on uses a secret that changed meanwhile as it is now', async () => {
  const bench = await started();
  await restart(bench, () => setSecrets(bench, { token: 'changed', pin: '99' }));
  used = [];
  await untilUsed(bench, 1);
  expect(used[0]).toMatchObject({ key: 'changed', pin: 99, made: expect.stringMatching(/, changed$/) });
});

test('a step that needs a secret which the file no longer names fails, and the run goes on to its catch', async () => {
  const bench = await started();
  await restart(bench, () => bench.write(rules(bench, 'none')));
  used = [];
  await untilUsed(bench, 1);
  expect(used).toContain('SECRET_GONE');
  expect(bench.log.messages.join('\n')).toContain('The secret "token" is no longer known.');
});
