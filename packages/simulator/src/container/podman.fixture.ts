import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const repository = resolve(import.meta.dirname, '../../../..');

/** A kernel with mixed control groups takes only runc, and a root without CAP_SYS_RESOURCE only lower limits. */
const containersConfiguration = `[containers]
default_ulimits=["nofile=20000:20000","nproc=4096:4096"]
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
`;

/** What node:slim has of what the image and its test need. */
const programs = ['/bin/sh', '/bin/sleep', process.execPath] as const;

/** Why no container can be built here, or undefined when it can. */
export async function containerObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['podman', 'runc']) {
    const found = await execute(program, ['--version']).catch(() => undefined);
    if (!found) return `${program} is not installed`;
  }
  return undefined;
}

/** Podman with a store of its own, without any registry. */
export class Podman {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<Podman> {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-podman-'));
    await writeFile(join(folder, 'containers.conf'), containersConfiguration);
    return new Podman(folder);
  }

  /** An image of this machine's Node, shell and sleep with the libraries that they need. */
  async buildBase(tag: string): Promise<void> {
    const context = join(this.folder, 'base');
    const root = join(context, 'root');
    for (const program of programs) {
      const place = program === process.execPath ? '/usr/bin/node' : program;
      await copyInto(root, program, place);
      const { stdout } = await execute('ldd', [program]);
      for (const [library] of stdout.matchAll(/\/\S+(?= \(0x)/g)) await copyInto(root, library, library);
    }
    await mkdir(join(root, 'tmp'));
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY root/ /\nENV PATH=/usr/bin:/bin\n');
    await this.run('build', '--quiet', '--isolation=chroot', '--tag', tag, context);
  }

  /** Builds docker/Dockerfile from the bundle of this checkout; an OCI image would leave its HEALTHCHECK out. */
  async buildDevice(tag: string, base: string): Promise<void> {
    await this.run(
      'build',
      '--quiet',
      '--format=docker',
      '--isolation=chroot',
      `--build-arg=BASE=${base}`,
      '--build-arg=BUNDLE=prebuilt',
      `--file=${join(repository, 'docker/Dockerfile')}`,
      `--tag=${tag}`,
      repository,
    );
  }

  async run(...words: readonly string[]): Promise<string> {
    const store = [`--root=${join(this.folder, 'root')}`, `--runroot=${join(this.folder, 'run')}`];
    const { stdout } = await execute('podman', [...store, '--runtime=runc', ...words], {
      // Without systemd nobody runs the checks of health by a timer; they are asked for.
      env: { ...process.env, CONTAINERS_CONF: join(this.folder, 'containers.conf'), DISABLE_HC_SYSTEMD: 'true' },
      maxBuffer: 2 ** 24,
    });
    return stdout.trim();
  }

  /** What the image's HEALTHCHECK says of a container now. */
  async isHealthy(container: string): Promise<boolean> {
    return this.run('healthcheck', 'run', container).then(
      () => true,
      (error: { code?: unknown }) => {
        if (error.code === 1) return false;
        throw error;
      },
    );
  }

  async dispose(): Promise<void> {
    await this.run('system', 'reset', '--force');
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function copyInto(root: string, source: string, place: string): Promise<void> {
  const target = join(root, place);
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { dereference: true });
}
