import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { simulatorError } from '../errors.js';

const execute = promisify(execFile);

/** Changes with what is in it, so that an old one in the cache is not taken for a new one. */
const edition = 'bookworm-1';
const packages = ['systemd', 'systemd-sysv', 'dbus'];

/** Would write to the image or wait for what a container does not have. */
const masked = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
  'console-getty.service',
  'getty@.service',
  'systemd-resolved.service',
  'networking.service',
];

/**
 * A minimal Debian 12 with systemd, made once with debootstrap(8) (45 s) and kept in the folder that `DEVICERC_RIG`
 * names, else in /var/cache/devicerc-rig.
 * @throws DeviceError `MACHINE_FAILED`
 */
export async function rootFilesystem(): Promise<string> {
  const cache = process.env['DEVICERC_RIG'] ?? '/var/cache/devicerc-rig';
  const folder = join(cache, `rootfs-${edition}`);
  if (await exists(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  try {
    await execute('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', unfinished]);
    await configure(unfinished);
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process finished the same work first.
    if (await exists(folder)) return folder;
    const output = (cause as { stdout?: string }).stdout?.trim().split('\n').slice(-5).join('\n');
    throw simulatorError('MACHINE_FAILED', `debootstrap could not make ${folder}:\n${output}`, { cause });
  }
  return folder;
}

async function configure(root: string): Promise<void> {
  await writeFile(join(root, 'etc/hostname'), 'edge-host\n');
  for (const unit of masked) {
    const link = join(root, 'etc/systemd/system', unit);
    await rm(link, { force: true });
    await symlink('/dev/null', link);
  }
  const target = join(root, 'etc/systemd/system/default.target');
  await rm(target, { force: true });
  await symlink('/lib/systemd/system/multi-user.target', target);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
