import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs one step of a script with its output shown; the script ends with the step's own exit code when it fails. */
export function run(program, arguments_, environment = {}) {
  const { status, error } = spawnSync(program, arguments_, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
