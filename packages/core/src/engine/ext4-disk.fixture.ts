import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no loop device can be mounted here; undefined when it can. */
export function mountObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it mounts a file system, which only root may';
  try {
    const disk = Ext4Disk.create();
    disk.remove();
    return undefined;
  } catch (error) {
    return `no loop device can be mounted: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** A file system of its own on a loop device. The kernel writes what is not synced only when it has to. */
export class Ext4Disk {
  readonly folder: string;

  private constructor(private readonly parent: string) {
    this.folder = join(parent, 'mounted');
    mkdirSync(this.folder);
    execFileSync('mount', ['-o', 'loop,commit=600', this.#image, this.folder], { stdio: 'pipe' });
  }

  static create(): Ext4Disk {
    const parent = mkdtempSync(join(tmpdir(), 'ext4-disk-'));
    const image = join(parent, 'image');
    execFileSync('truncate', ['--size=16M', image]);
    execFileSync('mkfs.ext4', ['-q', image], { stdio: 'pipe' });
    return new Ext4Disk(parent);
  }

  /** Another disk with what has reached this one by now, as after a power cut. */
  copy(): Ext4Disk {
    const parent = mkdtempSync(join(tmpdir(), 'ext4-copy-'));
    copyFileSync(this.#image, join(parent, 'image'));
    return new Ext4Disk(parent);
  }

  remove(): void {
    execFileSync('umount', [this.folder], { stdio: 'pipe' });
    rmSync(this.parent, { recursive: true });
  }

  get #image(): string {
    return join(this.parent, 'image');
  }
}
