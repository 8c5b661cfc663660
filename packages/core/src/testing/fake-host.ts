import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostEnvironment } from '../host/host-environment.js';

export interface FakeHostOptions {
  /** Texts by absolute path: `/sys/class/hwmon/hwmon0/fan1_input`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment variables; none of the real ones is seen. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A machine whose files lie in a temporary folder of its own. */
export class FakeHost extends HostEnvironment {
  override readonly variables: Readonly<Record<string, string | undefined>>;
  override readonly rootPath = mkdtempSync(join(tmpdir(), 'devicerc-host-'));
  override readonly procPath = join(this.rootPath, 'proc');
  override readonly sysPath = join(this.rootPath, 'sys');

  constructor({ files = {}, variables = {} }: FakeHostOptions = {}) {
    super();
    this.variables = variables;
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Where a file of this machine really lies. */
  pathOf(path: string): string {
    return join(this.rootPath, join('/', path));
  }

  /** Writes a file, and makes the folders above it. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.pathOf(path)), { recursive: true });
    writeFileSync(this.pathOf(path), text);
  }

  /** @throws Error of the file system */
  read(path: string): string {
    return readFileSync(this.pathOf(path), 'utf8');
  }

  /** @throws Error of the file system */
  remove(path: string): void {
    rmSync(this.pathOf(path), { recursive: true });
  }

  /** Removes all files. */
  dispose(): void {
    rmSync(this.rootPath, { recursive: true, force: true });
  }
}
