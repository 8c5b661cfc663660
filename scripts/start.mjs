/** `npm start`: the demonstration. A simulated device lives through ten minutes without NTP in a few seconds. */
import { run } from './run-step.mjs';

run('bash', ['scripts/setup-debian.sh', '--start']);
run(process.execPath, ['scripts/build.mjs']);
run(process.execPath, ['packages/core/bin/devicerc.js', 'run', 'examples/ntp-reboot/.devicerc.yml', '--simulate']);
