import { access, readFile } from 'node:fs/promises';
import type { HostEnvironment } from './host-environment.js';

/** What container engines leave behind for their processes to see. */
const marks = ['/.dockerenv', '/run/.containerenv'];
const variables = ['BALENA', 'RESIN', 'container', 'KUBERNETES_SERVICE_HOST'];
const controlGroup = /docker|balena|libpod|kubepods|containerd|lxc/;
/** The one variable whose twin has another name. */
const oldNames: Readonly<Record<string, string>> = { SERVICE_HANDOVER_COMPLETE_PATH: 'SERVICE_KILL_ME_PATH' };

/**
 * What balenaOS and the container engine tell a process, by constructor injection; a probe of a requirement makes one of the
 * host that it is given. Source: `extendEnvVars` of balena-supervisor, which sets each variable as `BALENA_X` and, for old
 * programs, as `RESIN_X`; Supervisors before 7.22.0 set only the latter.
 */
export class ContainerFacts {
  constructor(private readonly host: HostEnvironment) {}

  /**
   * `BALENA_X`, else its older twin `RESIN_X`; an empty value counts as not set.
   * @param name without its prefix, such as `SUPERVISOR_ADDRESS`
   */
  variable(name: string): string | undefined {
    const { variables: set } = this.host;
    return set[`BALENA_${name}`] || set[`RESIN_${oldNames[name] ?? name}`] || undefined;
  }

  /** Whether this is a container on balenaOS. */
  get isBalena(): boolean {
    return this.host.variables['BALENA'] === '1' || this.host.variables['RESIN'] === '1';
  }

  /** By what one sees that this process runs in a container, in words; undefined outside of one. */
  async sign(): Promise<string | undefined> {
    const { host } = this;
    const variable = variables.find((name) => host.variables[name]);
    if (variable) return `${variable} is set`;
    for (const mark of marks) {
      if (await exists(host.rootPath + mark)) return `${mark} exists`;
    }
    const groups = await readFile(`${host.procPath}/1/cgroup`, 'utf8').catch(() => '');
    return controlGroup.test(groups) ? `the control group of ${host.procPath}/1 says so` : undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
