import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { duration, z } from '@devicerc/core';
import { parse, YAMLParseError } from 'yaml';
import { simulatorError } from '../errors.js';

const networkTime = z.strictObject({
  NTP: z.boolean().optional(),
  NTPSynchronized: z.boolean().optional(),
});

const unit = z.strictObject({
  description: z.string().default('Simulated unit'),
  active: z.boolean().default(true),
  fails: z.boolean().default(false),
});

const happenings = ['webhook', 'reboot-requested', 'power-off-requested', 'booted'] as const;

const simulationSchema = z.strictObject({
  /** Seconds on the device in one second here. */
  speed: z.number().min(1).max(1000).default(1),
  given: z
    .strictObject({
      uptime: duration().optional(),
      timedate1: networkTime.optional(),
      units: z.record(z.string(), unit).optional(),
    })
    .default({}),
  at: z.array(z.strictObject({ t: duration(), set: z.strictObject({ timedate1: networkTime }) })).default([]),
  /** When the simulation is over; left out: when it is interrupted. */
  end: duration().optional(),
  expect: z
    .array(
      z.strictObject({
        event: z.enum(happenings),
        times: z.int().min(0).default(1),
        between: z.tuple([duration(), duration()]).optional(),
      }),
    )
    .default([]),
});

/** What happens to a simulated device, and what it is expected to do. */
export type Simulation = z.output<typeof simulationSchema>;
export type Expectation = Simulation['expect'][number];

/** Of a device that nothing is known of: real time, two hours up, until it is interrupted. */
const anyDevice = { given: { uptime: '2h' } };

/**
 * Reads `simulation.yml` beside a device file; without one, any device is simulated.
 * @throws DeviceError `SIMULATION_MALFORMED`
 */
export async function readSimulation(deviceFile: string): Promise<Simulation> {
  const file = join(dirname(deviceFile), 'simulation.yml');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return simulationSchema.parse(anyDevice);
    throw simulatorError('SIMULATION_MALFORMED', `${file} cannot be read: ${(error as Error).message}`);
  }
  return parseSimulation(text, file);
}

/** @throws DeviceError `SIMULATION_MALFORMED` */
export function parseSimulation(text: string, file: string): Simulation {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw simulatorError('SIMULATION_MALFORMED', `${file}: ${error.message}`);
  }
  const result = simulationSchema.safeParse(content);
  if (result.success) return result.data;
  throw simulatorError('SIMULATION_MALFORMED', `${file}:\n${z.prettifyError(result.error)}`);
}
