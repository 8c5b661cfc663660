import { join } from 'node:path';
import type { HostEnvironment } from '../../host/host-environment.js';

/**
 * Where the control socket lies: `DEVICERC_RUNTIME`, else `$XDG_RUNTIME_DIR/devicerc` (basedir-spec), else
 * `/run/devicerc`.
 */
export function runtimeFolder({ variables, rootPath }: HostEnvironment): string {
  const { DEVICERC_RUNTIME: own, XDG_RUNTIME_DIR: ofUser } = variables;
  if (own) return own;
  return ofUser ? join(ofUser, 'devicerc') : join(rootPath, '/run/devicerc');
}
