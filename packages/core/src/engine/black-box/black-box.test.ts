import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../clock/eventually.fixture.js';
import { VirtualClock } from '../../clock/virtual-clock.js';
import { Duration } from '../../clock/duration.js';
import { ProcessHost } from '../../host/process-host.js';
import type { BootEnd, BootRecord } from '../../ledger/boot-record.js';
import type { StreamIdentity } from '../../streams/stream-identity.js';
import { SecretMask } from '../secret-mask.js';
import { BlackBox } from './black-box.js';
import { readRecordedBoots, selectBoot } from './recorded-boots.js';

let folder: string;
let clock: VirtualClock;
let mask: SecretMask;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'black-box-')), 'black-box');
  clock = new VirtualClock();
  mask = new SecretMask(new ProcessHost());
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function boot(number: number, end?: BootEnd): BootRecord {
  return { number, id: `boot-${number}`, startedAt: 0, seenFor: 0, stopped: false, ...(end && { end }) };
}

const of = (text: string): StreamIdentity => ({ stream: text, parameters: {}, text });

async function opened(...boots: readonly BootRecord[]): Promise<BlackBox> {
  const box = new BlackBox(clock, mask, folder);
  await box.open(boots);
  return box;
}

const linesOf = async (index: number, present = 'none'): Promise<readonly string[]> =>
  selectBoot(await readRecordedBoots(folder), present, index)!.entries.map(
    ({ kind, source, text }) => `${kind} ${source}: ${text}`,
  );

test('what became of a call that was to end the boot is told, with the reason', async () => {
  const box = await opened(boot(1));
  const intent = { number: 1, rule: 'r', run: '1', step: 'then[0]', action: 'host.reboot', boot: 1, announcedAt: 0 };
  box.settled({ ...intent, outcome: 'blocked', detail: 'updates are locked' });
  box.settled({ ...intent, outcome: 'lost' });
  await box.close();
  expect(await linesOf(0, 'boot-1')).toEqual([
    'disruption r: host.reboot blocked: updates are locked, run 1',
    'disruption r: host.reboot lost, run 1',
  ]);
});

test('what led to the end of a boot is there in the next one, with how it ended', async () => {
  const box = await opened(boot(1));
  box.event(of('custom'), { stream: 'custom', event: { event: 'door' }, at: 5 });
  box.refused({ rule: 'r', at: 6, reason: 'limit', detail: '3 runs in 24h are reached' });
  await box.disrupted({ rule: 'r', run: '1', step: 'then[0]', action: 'host.reboot' });
  await opened(boot(1, { reason: 'requested', rule: 'r', action: 'host.reboot' }), boot(2));
  expect(await linesOf(-1, 'boot-2')).toEqual([
    'disruption r: calls host.reboot (then[0]), run 1',
    'event custom: {event: "door"}',
    'refused r: 3 runs in 24h are reached',
  ]);
  const recorded = selectBoot(await readRecordedBoots(folder), 'boot-2', -1);
  expect(recorded).toMatchObject({ boot: 1, end: { reason: 'requested', action: 'host.reboot' } });
});

test('an engine that starts again in the same boot goes on with its file', async () => {
  for (const name of ['first', 'second']) {
    const box = await opened(boot(1));
    box.note(name);
    await box.close();
  }
  expect(await linesOf(-1)).toEqual(['engine engine: first', 'engine engine: second']);
  expect(readdirSync(folder)).toEqual(['1.jsonl']);
});

test('five boots are kept', async () => {
  for (let number = 1; number <= 8; number++) await (await opened(boot(number))).close();
  expect(readdirSync(folder).sort()).toEqual(['4.jsonl', '5.jsonl', '6.jsonl', '7.jsonl', '8.jsonl']);
});

test('values of readings alone write nothing and set no timer; a lost stream does', async () => {
  const box = await opened(boot(1));
  const reading = { value: { n: 1 }, quality: 'ok' as const, since: 0 };
  box.reading(of('device'), { ...reading, value: { n: 2 } }, reading);
  expect(clock.pendingTimers).toEqual([]);
  box.reading(of('device'), { ...reading, quality: 'lost', reason: 'gone' }, reading);
  expect(clock.pendingTimers).toEqual(['black box']);
  await box.close();
  expect(clock.pendingTimers).toEqual([]);
  expect(await linesOf(-1)).toEqual(['reading device: {n: 2}', 'reading device: lost: gone']);
});

test('a storm is thinned out and counted, and a file has at most 256 KiB', async () => {
  const box = await opened(boot(1));
  for (let second = 0; second < 3_000; second++) {
    for (let event = 0; event < 20; event++) {
      box.event(of(`s${event}`), { stream: `s${event}`, event: { text: 'x'.repeat(5_000) }, at: second * 1_000 });
    }
    if (second % 100 === 99) await box.disrupted({ rule: 'r', run: '1', step: 's', action: 'a' });
    await clock.advance(Duration.parse('1ms'));
  }
  await box.close();
  expect(statSync(join(folder, '1.jsonl')).size).toBeLessThanOrEqual(256 * 1024);
  const [recorded] = await readRecordedBoots(folder);
  expect(recorded!.entries.some(({ leftOut = 0 }) => leftOut > 0)).toBe(true);
});

test('secrets are masked before anything is cut', async () => {
  mask.add(['hush-hush']);
  const box = await opened(boot(1));
  box.event(of('s'), { stream: 's', event: { a: `${'x'.repeat(236)}hush-hush`, b: 'hush-hush' }, at: 0 });
  box.logged('warn', 'the key hush-hush is wrong', {});
  await box.close();
  expect(readFileSync(join(folder, '1.jsonl'), 'utf8')).not.toMatch(/hush/);
});

test('torn and damaged lines are left out', async () => {
  const box = await opened(boot(1));
  box.note('good');
  await box.close();
  appendFileSync(join(folder, '1.jsonl'), '{"at":1,"kind":"eve');
  writeFileSync(join(folder, '2.jsonl'), '\u0000\u0000');
  expect(await linesOf(-1)).toEqual(['engine engine: good']);
});

test('a folder that cannot be written is told, and stops nothing', async () => {
  writeFileSync(folder, 'a file');
  const box = await opened(boot(1));
  box.note('lost');
  await box.disrupted({ rule: 'r', run: '1', step: 's', action: 'a' });
  expect(box.fault).toMatch(/EEXIST|ENOTDIR/);
  await box.close();
});

test('what could not be written is written when the disk takes it again, although nothing else happens', async () => {
  writeFileSync(folder, 'a file');
  const box = await opened(boot(1));
  box.note('first');
  await clock.advance(Duration.parse('5m'));
  await eventually(() => box.fault);
  rmSync(folder);
  await eventually(async () => {
    await clock.advance(Duration.parse('5m'));
    return box.fault === undefined;
  });
  expect(await linesOf(0, 'boot-1')).toEqual(['engine engine: first']);
  expect(clock.pendingTimers).toEqual([]);
  await box.close();
});

test('a disk that never takes anything is not tried for ever', async () => {
  writeFileSync(folder, 'a file');
  const box = await opened(boot(1));
  box.note('lost');
  await eventually(async () => {
    await clock.advance(Duration.parse('5m'));
    return clock.pendingTimers.length === 0;
  });
  await box.close();
});

test.each(['the folder', 'the file'])('is begun anew when somebody removes %s', async (what) => {
  const box = await opened(boot(1));
  rmSync(what === 'the file' ? join(folder, '1.jsonl') : folder, { recursive: true });
  box.note('first');
  await box.disrupted({ rule: 'r', run: '1', step: 'then[0]', action: 'host.reboot' });
  expect(box.fault).toContain('ENOENT');
  box.note('second');
  await box.close();
  expect(box.fault).toBeUndefined();
  expect(await linesOf(0, 'boot-1')).toEqual(expect.arrayContaining(['engine engine: first', 'engine engine: second']));
});
