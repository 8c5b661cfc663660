import { action, z, type Action, type ActionContext } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import { jobModes, runJob, type JobMethod } from '../systemd/job.js';
import { startableUnitName } from '../systemd/unit-name.js';
import { systemBus } from '../system-bus.js';

const input = z.strictObject({
  unit: startableUnitName.describe('Full name of the unit, such as chronyd.service.'),
  mode: z.enum(jobModes).default('replace').describe('What to do about jobs in the way, see systemctl(1) --job-mode.'),
});
const output = z.object({ result: z.string().describe('done, or skipped when there was nothing to do') });

type Input = z.output<typeof input>;
type Output = z.output<typeof output>;

const common = { effects: ['restart-service'] as const, input, output, requires: [systemBus] };

abstract class UnitAction implements Action<Input, Output> {
  constructor(private readonly bus: BusClient) {}

  protected abstract readonly method: JobMethod;

  /** Ends when the job has ended (JobRemoved, org.freedesktop.systemd1(5)). Rejects with the errors of {@link runJob}. */
  async run({ unit, mode }: Input, { signal }: ActionContext): Promise<Output> {
    return { result: await runJob(this.bus, { method: this.method, unit, mode }, signal) };
  }
}

@action({ ...common, name: 'systemd.start', summary: 'Start a unit of the host and wait until it has started.' })
export class SystemdStart extends UnitAction {
  protected readonly method = 'StartUnit';

  constructor(bus: BusClient) {
    super(bus);
  }
}

@action({ ...common, name: 'systemd.stop', summary: 'Stop a unit of the host and wait until it has stopped.' })
export class SystemdStop extends UnitAction {
  protected readonly method = 'StopUnit';

  constructor(bus: BusClient) {
    super(bus);
  }
}

@action({ ...common, name: 'systemd.restart', summary: 'Restart a unit of the host and wait until it runs again.' })
export class SystemdRestart extends UnitAction {
  protected readonly method = 'RestartUnit';

  constructor(bus: BusClient) {
    super(bus);
  }
}

@action({ ...common, name: 'systemd.reload', summary: 'Let a unit of the host read its configuration again.' })
export class SystemdReload extends UnitAction {
  protected readonly method = 'ReloadUnit';

  constructor(bus: BusClient) {
    super(bus);
  }
}
