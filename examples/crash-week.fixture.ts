import { join } from 'node:path';
import type { PluginDefinition } from '@devicerc/core';
import dbusPlugin from '@devicerc/plugin-dbus';
import { Duration } from '../packages/core/src/clock/duration.js';
import type { TestChange } from '../packages/core/src/config/test-model.js';
import { CelCompiler } from '../packages/core/src/expressions/cel-compiler.js';
import { FileReader } from '../packages/core/src/config/file-reader.js';
import { RealClock } from '../packages/core/src/clock/real-clock.js';
import { ProcessHost } from '../packages/core/src/host/process-host.js';
import { SimulatedDisk, type Moment } from '../packages/core/src/ledger/storage/simulated-disk.js';
import { plainImporter } from '../packages/core/src/plugins/module-importer.js';
import { loadTests, type TestSuite } from '../packages/core/src/testing/load-tests.js';
import { TestDevice } from '../packages/core/src/testing/test-device.js';
import { TestRecord, type ActionCallRecord } from '../packages/core/src/testing/test-record.js';
import fanPlugin from './custom-plugin/fan.js';

/** What happens to one example in a week. */
export interface Week {
  readonly example: string;
  readonly given: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly moments: readonly (readonly [at: string, change: TestChange])[];
  /** Reboots that are allowed in any 24 h of device time. */
  readonly reboots: number;
  /** The shortest `for`, or first rung, before a reboot: it counts from the boot or from when the condition came true. */
  readonly patience: string;
  /** When the condition behind the reboot is true. */
  readonly trouble: readonly (readonly [from: string, to: string])[];
  /** When there is no network. */
  readonly away: readonly (readonly [from: string, to: string])[];
}

/** Where a week is cut, and whether the process alone ends there or the whole device. */
export interface Cut {
  readonly operation: number;
  readonly moment: Moment;
  readonly what: 'kill' | 'power-cut';
}

export interface PlayedWeek {
  readonly device: TestDevice;
  readonly record: TestRecord;
  /** Operations of its disk. */
  readonly operations: number;
}

const week = milliseconds('7d');

export async function loadWeek({ example }: Week): Promise<TestSuite> {
  const { suites, diagnostics } = await loadTests(join(import.meta.dirname, example, '.devicerc.yml'), {
    host: new ProcessHost(),
    files: new FileReader(new RealClock()),
    expressions: new CelCompiler(),
    importModule: plainImporter,
    builtIn: new Map<string, () => Promise<PluginDefinition>>([
      ['@devicerc/plugin-dbus', async () => dbusPlugin],
      ['./fan.ts', async () => fanPlugin],
    ]),
  });
  const [suite] = suites;
  if (!suite) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return suite;
}

export async function playWeek({ given, moments }: Week, { files }: TestSuite, cut?: Cut): Promise<PlayedWeek> {
  const disk = new SimulatedDisk();
  if (cut) disk.interruptAt(cut.operation, cut.moment);
  const record: TestRecord = new TestRecord(() => device.now);
  const readings = Object.entries(given).map(([stream, value]) => ({ stream, value }));
  const device: TestDevice = new TestDevice({ given: readings, answers: [] }, files, record, disk, cut?.what);
  for (const [at, change] of moments) device.plan(milliseconds(at), 'moment of the week', () => device.apply(change));
  await device.start();
  await device.runUntil(week);
  record.close();
  const { operations } = disk;
  await device.end();
  return { device, record, operations };
}

/** What a cut must never bring about, in words; none when all is well. */
export function violations(played: PlayedWeek, plan: Week): string[] {
  const { record } = played;
  const reboots = record.calls.filter(({ action }) => action === 'device.reboot');
  return [
    ...tooManyReboots(reboots, played, plan),
    ...calledTwice(reboots),
    ...tooEarly(reboots, played, plan),
    ...lostMessages(played, plan),
  ];
}

function tooManyReboots(reboots: readonly ActionCallRecord[], played: PlayedWeek, { reboots: limit }: Week): string[] {
  const times = reboots.map(({ at }) => deviceTime(at, played));
  return times.flatMap((time, index) => {
    const count = times.slice(index).filter((other) => other < time + milliseconds('24h')).length;
    return count > limit ? [`${count} reboots within 24 h of device time from ${reboots[index]!.at} ms on`] : [];
  });
}

function calledTwice(reboots: readonly ActionCallRecord[]): string[] {
  const keys = reboots.map(({ idempotencyKey }) => idempotencyKey);
  return new Set(keys).size === keys.length ? [] : [`an intent was called twice: ${keys.join(', ')}`];
}

/** What a boot before had counted does not count: whatever is cut, the condition holds for its full time in this one. */
function tooEarly(reboots: readonly ActionCallRecord[], { device }: PlayedWeek, { patience, trouble }: Week): string[] {
  return reboots.flatMap(({ at }) => {
    const boot = device.boots.findLast(({ from }) => from <= at)!;
    const spell = trouble.find(([from, to]) => milliseconds(from) <= at && at <= milliseconds(to));
    const waited = spell && at - Math.max(boot.from, milliseconds(spell[0]));
    return waited === undefined || waited < milliseconds(patience) ? [`a reboot after ${waited} ms at ${at} ms`] : [];
  });
}

/** A run that says so has put its message on record: it has to be delivered at least once when there is a network. */
function lostMessages({ record }: PlayedWeek, { away }: Week): string[] {
  const isAway = (at: number): boolean => away.some(([from, to]) => milliseconds(from) <= at && at < milliseconds(to));
  const delivered = new Set(
    record.calls.filter(({ action, at }) => action === 'notify.webhook' && !isAway(at)).map(({ run }) => run),
  );
  return [...record.traces].flatMap(({ id, rule, steps }) => {
    const isAccepted = steps.some(({ step, outcome }) => step === 'do notify.webhook' && outcome === 'succeeded');
    return isAccepted && !delivered.has(id) ? [`the message of run ${id} of ${rule} was lost`] : [];
  });
}

/** The sum of the uptimes until then. */
function deviceTime(at: number, { device }: PlayedWeek): number {
  return device.boots.reduce((sum, { from, to = Infinity }) => sum + Math.max(0, Math.min(at, to) - from), 0);
}

export function milliseconds(text: string): number {
  return Duration.parse(text).milliseconds;
}
