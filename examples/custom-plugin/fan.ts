import { readFile, writeFile } from 'node:fs/promises';
import { action, Clock, clockScheduler, definePlugin, HostEnvironment, stateStream, z } from '@devicerc/core';
import { exhaustMap, timer } from 'rxjs';

@stateStream({ name: 'fan', summary: 'Speed of the first fan.', value: z.object({ rpm: z.number() }) })
export class FanSpeed {
  constructor(
    private readonly host: HostEnvironment,
    private readonly clock: Clock,
  ) {}
  open() {
    const file = `${this.host.sysPath}/class/hwmon/hwmon0/fan1_input`;
    const read = async () => ({ rpm: Number(await readFile(file, 'utf8')) });
    return timer(0, 2_000, clockScheduler(this.clock)).pipe(exhaustMap(read));
  }
}

const power = z.object({ percent: z.number().min(0).max(100) });

@action({ name: 'fan.set', summary: 'Sets the power of the first fan.', effects: [], input: power })
export class SetFan {
  constructor(private readonly host: HostEnvironment) {}
  async run({ percent }: z.output<typeof power>) {
    await writeFile(`${this.host.sysPath}/class/hwmon/hwmon0/pwm1`, `${Math.round(percent * 2.55)}`);
  }
}

export default definePlugin({ name: 'fan', api: '^1.0.0', streams: [FanSpeed], actions: [SetFan] });
