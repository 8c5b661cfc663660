import type { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { ContainerFacts } from '../host/container-facts.js';
import { HostEnvironment } from '../host/host-environment.js';
import { duration, z } from '../schemas/schema.js';
import { Poller } from '../streams/poller.js';
import { type Lost, lost } from '../streams/reading.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { deviceArchitecture, deviceVariables, readDeviceVariables } from './device-variables.js';
import { readSystemFigures } from './system-figures.js';

const parameters = z.object({
  every: duration()
    .default(Duration.parse('30s'))
    .describe('Time between two readings of load, memory and temperature'),
});

const device = z.object({
  uptime: duration().describe('Time since the boot of the machine'),
  bootId: z.string().describe('Changes with each boot of the machine'),
  hostname: z.string(),
  arch: z.string().describe('Processor family: rpi, armv7hf, aarch64, amd64 or i386'),
  balena: z.boolean().describe('Whether this is a container on balenaOS'),
  supervisorApi: z.boolean().describe('Whether the container has a key of the Supervisor API'),
  balenaApi: z.boolean().describe('Whether the container has a key of the balena API'),
  load: z.object({ oneMinute: z.number(), fiveMinutes: z.number(), fifteenMinutes: z.number() }),
  memory: z.object({ total: z.number().describe('Bytes'), available: z.number().describe('Bytes') }),
  temperature: z.number().optional().describe('°C of the hottest thermal zone; missing where the machine has none'),
  ...z.object(deviceVariables).partial().shape,
});
type Device = z.output<typeof device>;

@stateStream({
  name: 'device',
  summary: 'The machine and what balenaOS tells about it: uptime, load, memory, temperature, identity.',
  parameters,
  value: device,
  timed: { fields: ['uptime'], every: ({ every }) => every },
})
export class DeviceStream implements StateStream<z.output<typeof parameters>, Device> {
  constructor(
    private readonly clock: Clock,
    private readonly host: HostEnvironment,
    private readonly container: ContainerFacts,
    private readonly poller: Poller,
  ) {}

  open({ every }: z.output<typeof parameters>): Observable<Device | Lost> {
    return this.poller.poll({ name: 'reading of the device', every, read: () => this.read() });
  }

  sample(_parameters: z.output<typeof parameters>, latest: Device): Device {
    return { ...latest, uptime: this.uptime() };
  }

  private async read(): Promise<Device | Lost> {
    try {
      return {
        ...readDeviceVariables(this.container),
        ...(await readSystemFigures(this.host)),
        uptime: this.uptime(),
        arch: deviceArchitecture(this.container),
        balena: this.container.isBalena,
        supervisorApi: this.container.variable('SUPERVISOR_API_KEY') !== undefined,
        balenaApi: this.container.variable('API_KEY') !== undefined,
      } as Device;
    } catch (error) {
      return lost(`The system's figures cannot be read: ${(error as Error).message}`);
    }
  }

  private uptime(): Duration {
    return Duration.ofMilliseconds(this.clock.boottime());
  }
}
