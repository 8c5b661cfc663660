import { errorsOf } from '@devicerc/core';

/** Every error code of this package. A code is never renamed and never used again for something else. */
export const simulatorErrorTable = {
  BUS_DAEMON_MISSING: {
    summary: 'The program dbus-daemon is not installed.',
    remedy: 'Type `sudo apt-get install dbus`, or run scripts/setup-debian.sh --start as root.',
  },
  BUS_DAEMON_FAILED: {
    summary: 'The private dbus-daemon did not start.',
    remedy: 'See its own words in the message; the temporary folder must be writable.',
  },
  BUS_CONNECTION_FAILED: {
    summary: 'A simulated host service could not connect to the private bus.',
    remedy: 'See the cause; try again.',
  },
  SIMULATION_MALFORMED: {
    summary: 'A simulation file is not what it should be.',
    remedy: 'Compare it with examples/ntp-reboot/simulation.yml.',
  },
  MACHINE_UNAVAILABLE: {
    summary: 'A machine container cannot be started here.',
    remedy: 'Run as root on Debian with what scripts/setup-debian.sh --test installs.',
  },
  MACHINE_FAILED: {
    summary: 'A machine container could not be made, did not boot, or ended.',
    remedy: 'See the last lines of its console in the message.',
  },
} as const;

export const { error: simulatorError } = errorsOf(simulatorErrorTable);
