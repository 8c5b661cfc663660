import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '@devicerc/core';

const refreshInterval = 5_000;

/**
 * The files of procfs and sysfs that an engine reads, in a folder. `uptime` (proc_uptime(5)) follows the device's clock:
 * it is written again every 5 s of it.
 */
export class MachineFolder {
  readonly procPath: string;
  readonly sysPath: string;
  #refresh: Timer | undefined;

  constructor(folder: string) {
    this.procPath = join(folder, 'proc');
    this.sysPath = join(folder, 'sys');
    const zone = join(this.sysPath, 'class/thermal/thermal_zone0');
    mkdirSync(join(this.procPath, 'sys/kernel/random'), { recursive: true });
    mkdirSync(zone, { recursive: true });
    writeFileSync(
      join(this.procPath, 'meminfo'),
      'MemTotal:  945512 kB\nMemFree:  401236 kB\nMemAvailable:  612880 kB\n',
    );
    writeFileSync(join(this.procPath, 'loadavg'), '0.18 0.12 0.10 1/184 2317\n');
    writeFileSync(join(zone, 'type'), 'cpu-thermal\n');
    writeFileSync(join(zone, 'temp'), '48312\n');
  }

  boot(bootId: string, clock: Clock): void {
    this.shutDown();
    writeFileSync(join(this.procPath, 'sys/kernel/random/boot_id'), `${bootId}\n`);
    this.#writeUptime(clock);
  }

  shutDown(): void {
    this.#refresh?.cancel();
  }

  #writeUptime(clock: Clock): void {
    const seconds = (clock.boottime() / 1000).toFixed(2);
    writeFileSync(join(this.procPath, 'uptime'), `${seconds} ${seconds}\n`);
    this.#refresh = clock.schedule(refreshInterval, () => this.#writeUptime(clock), 'simulated /proc/uptime');
  }
}
