import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../clock/virtual-clock.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { checkDevice } from './check.js';
import { readDeviceFile } from './device-file.js';
import { FileReader } from './file-reader.js';
import { FixtureHost, registry } from './registry.fixture.js';
import type { DeviceModel } from './rule-model.js';

export interface Checked {
  readonly model?: DeviceModel;
  readonly diagnostics: readonly Diagnostic[];
}

export async function checkFile(path: string, host = new FixtureHost()): Promise<Checked> {
  const source = await readDeviceFile(path, new FileReader(new VirtualClock()));
  return source.ok ? checkDevice(source.value, registry, new CelCompiler(), host) : source;
}

/** Writes the text to a folder of its own, with the other files beside it, and checks it. */
export async function checkText(
  text: string,
  beside: Readonly<Record<string, string>> = {},
  host = new FixtureHost(),
): Promise<Checked> {
  const folder = await mkdtemp(join(tmpdir(), 'devicerc-check-'));
  try {
    for (const [name, content] of Object.entries(beside)) await writeFile(join(folder, name), content);
    const path = join(folder, '.devicerc.yml');
    await writeFile(path, text);
    return await checkFile(path, host);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `CODE @ line` of each error. */
export function errorsOf({ diagnostics }: Checked): string[] {
  return diagnostics
    .filter((diagnostic) => diagnostic.severity === 'error')
    .map(({ code, range }) => `${code} @ ${range?.start.line ?? 'nowhere'}`);
}
