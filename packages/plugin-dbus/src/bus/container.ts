import { access, readFile } from 'node:fs/promises';
import type { HostEnvironment } from '@devicerc/core';

/** What container engines leave behind for their processes to see. */
const marks = ['/.dockerenv', '/run/.containerenv'];
const variables = ['BALENA', 'RESIN', 'container', 'KUBERNETES_SERVICE_HOST'];
const controlGroup = /docker|balena|libpod|kubepods|containerd|lxc/;

/** By what one sees that this process runs in a container; undefined outside of one. */
export async function containerSign(host: HostEnvironment): Promise<string | undefined> {
  const variable = variables.find((name) => host.variables[name]);
  if (variable) return `${variable} is set`;
  for (const mark of marks) {
    if (await exists(host.rootPath + mark)) return `${mark} exists`;
  }
  const groups = await readFile(`${host.procPath}/1/cgroup`, 'utf8').catch(() => '');
  return controlGroup.test(groups) ? `the control group of ${host.procPath}/1 says so` : undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
