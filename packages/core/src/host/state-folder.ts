import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HostEnvironment } from './host-environment.js';

/** `DEVICERC_STATE`, else `/data/devicerc` where there is a `/data`, else `$XDG_STATE_HOME/devicerc`. What outlives the process lies there. */
export function stateFolderOf({ variables, rootPath }: HostEnvironment): string {
  if (variables['DEVICERC_STATE']) return variables['DEVICERC_STATE'];
  const data = `${rootPath}/data`;
  if (statSync(data, { throwIfNoEntry: false })?.isDirectory()) return join(data, 'devicerc');
  return join(variables['XDG_STATE_HOME'] || join(variables['HOME'] || homedir(), '.local/state'), 'devicerc');
}
