import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findDeviceFile } from '../config/find-device-file.js';
import { beginningOf } from '../config/includes.js';
import type { DeviceModel } from '../config/rule-model.js';
import { readTestFile, type TestFile } from '../config/test-file.js';
import type { TestModel } from '../config/test-model.js';
import { coreDiagnostic } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { loadDevice, type DeviceSurroundings, type LoadedDevice } from '../engine/load-device.js';
import type { LoadedFiles } from './test-device.js';

const testFileName = /\.test\.ya?ml$/;

/** The tests of one file, ready to be played. */
export interface TestSuite {
  /** The file that holds the tests: the device file, or a NAME.test.yml beside it. */
  readonly path: string;
  readonly tests: readonly TestModel[];
  readonly files: LoadedFiles;
  readonly model: DeviceModel;
}

export interface LoadedTests {
  /** Those without errors. */
  readonly suites: readonly TestSuite[];
  readonly diagnostics: readonly Diagnostic[];
  /** Every file that was read. */
  readonly files: readonly string[];
}

/** What a secret is in a test: a text that also serves as an address. */
function placeholderOf(secret: string): string {
  return `https://secret.invalid/${secret}`;
}

/**
 * Reads the tests of a device file and of each NAME.test.yml beside it, or of one NAME.test.yml alone, with all that they put
 * in force. Nothing is read while a test is played.
 */
export async function loadTests(path: string, surroundings: DeviceSurroundings): Promise<LoadedTests> {
  const around = { ...surroundings, placeholderOf };
  const isTestFile = testFileName.test(basename(path));
  const paths = isTestFile ? [path] : [path, ...(await testFilesBeside(path))];
  const loaded = await Promise.all(paths.map((file) => loadSuite(file, around)));
  return {
    suites: loaded.flatMap(({ suite }) => suite ?? []),
    diagnostics: unique(loaded.flatMap(({ diagnostics }) => diagnostics)),
    files: [...new Set([...paths, ...loaded.flatMap(({ files }) => files)])],
  };
}

/**
 * The errors of each NAME.test.yml beside a device file, as `loadTests` would tell them. Those of the device file itself are
 * left to its own check, which knows the values of its secrets.
 * @param own the files that the device file is read from
 */
export async function errorsOfTestFiles(
  path: string,
  own: readonly string[],
  surroundings: DeviceSurroundings,
): Promise<readonly Diagnostic[]> {
  const around = { ...surroundings, placeholderOf };
  const loaded = await Promise.all((await testFilesBeside(path)).map((file) => loadSuite(file, around)));
  return unique(loaded.flatMap(({ diagnostics }) => diagnostics)).filter(
    ({ severity, range }) => severity === 'error' && range && !own.includes(range.file),
  );
}

/** Whether `loadTests` of a device file reads the tests of another one as well. */
export function isTestFileBeside(path: string, other: string): boolean {
  return !testFileName.test(basename(path)) && testFileName.test(basename(other)) && dirname(path) === dirname(other);
}

async function testFilesBeside(path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => testFileName.test(name))
    .sort()
    .map((name) => join(folder, name));
}

interface LoadedSuite {
  readonly suite?: TestSuite;
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly string[];
}

async function loadSuite(path: string, around: DeviceSurroundings): Promise<LoadedSuite> {
  const testFile = testFileName.test(basename(path)) ? await readTestFile(path, around.files) : undefined;
  const file = testFile ? await deviceFileOf(testFile) : path;
  if (typeof file !== 'string') return { diagnostics: [...testFile!.diagnostics, file], files: [path] };
  const device = await loadDevice(file, around, testFile);
  const { model } = device;
  const own = [file, ...(device.source?.files ?? [])];
  if (!model) return { diagnostics: device.diagnostics, files: own };
  const { others, diagnostics } = await loadOthers(model.tests, around);
  const files = [...own, ...others.keys()];
  const findings = [...device.diagnostics, ...diagnostics];
  if (diagnostics.length > 0) return { diagnostics: findings, files };
  const suite = { path, tests: model.tests, files: { path: file, device, others }, model };
  return { suite, diagnostics: findings, files };
}

/** The device file that the tests are about, or why there is none. */
async function deviceFileOf({ path, device }: TestFile): Promise<string | Diagnostic> {
  try {
    return device ?? (await findDeviceFile(undefined, dirname(path)));
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    const remedy = 'Write `file:` with the path of the device file that the tests are about.';
    return coreDiagnostic('CONFIG_NOT_FOUND', error.message, { range: beginningOf(path), remedy });
  }
}

/** The files that tests reload. They may have errors: that a bad file changes nothing can be tested. */
async function loadOthers(
  tests: readonly TestModel[],
  around: DeviceSurroundings,
): Promise<{ others: ReadonlyMap<string, LoadedDevice>; diagnostics: Diagnostic[] }> {
  const others = new Map<string, LoadedDevice>();
  const diagnostics: Diagnostic[] = [];
  const changes = tests.flatMap(({ moments }) => moments.flatMap((moment) => moment.changes));
  for (const change of changes) {
    if (change.kind !== 'reload') continue;
    const other = others.get(change.file) ?? (await loadDevice(change.file, around));
    others.set(change.file, other);
    if (other.diagnostics.some(({ code }) => code === 'CONFIG_NOT_FOUND'))
      diagnostics.push(coreDiagnostic('CONFIG_NOT_FOUND', `There is no file ${change.file}.`, { range: change.range }));
  }
  return { others, diagnostics };
}

/** Each suite checks the device file anew; what it finds there is told once. */
function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const byPlace = new Map(
    diagnostics.map((finding) => [`${finding.code} ${finding.message} ${JSON.stringify(finding.range)}`, finding]),
  );
  return [...byPlace.values()];
}
