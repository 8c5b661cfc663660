import { Duration, RealClock, ScaledClock, type Clock, type HostEnvironment, type Logger } from '@devicerc/core';
import { startSimulatedDevice, type SimulatedDevice } from '../device/simulated-device.js';
import type { SimulatedEvent } from '../device/simulated-event.js';
import { formatInstant, formatSeconds, Narrator } from './narrator.js';
import { readSimulation, type Simulation } from './simulation.js';
import { judge } from './verdict.js';

/** What an engine on the device stands on; each boot gets an engine of its own. */
export interface EngineSeat {
  readonly host: HostEnvironment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The part of an engine that its container runs. */
export interface SimulatedEngine {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface SimulationRun {
  /** The device file; `simulation.yml` beside it says what happens. */
  readonly file: string;
  readonly createEngine: (seat: EngineSeat) => Promise<SimulatedEngine>;
  readonly print: (line: string) => void;
  /** Ends the simulation early, as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** The spectator's clock; default: the real one. */
  readonly clock?: Clock;
}

/**
 * Plays a simulation: the engine runs on a simulated device, ends with each reboot and starts again with the next boot.
 * @returns the exit code: 0 when everything that was expected happened, else 1
 * @throws DeviceError `SIMULATION_MALFORMED`, those of {@link startSimulatedDevice}, and those of the engine's first start
 */
export async function runSimulation(run: SimulationRun): Promise<number> {
  const simulation = await readSimulation(run.file);
  const ownClock = run.clock ? undefined : new RealClock();
  const spectator = run.clock ?? ownClock!;
  const clock = new ScaledClock(spectator, simulation.speed);
  try {
    return await play(run, simulation, spectator, clock);
  } finally {
    ownClock?.dispose();
  }
}

async function play(run: SimulationRun, simulation: Simulation, spectator: Clock, clock: Clock): Promise<number> {
  const { given, speed, end, expect } = simulation;
  const began = spectator.boottime();
  const device = await startSimulatedDevice({
    clock,
    uptime: given.uptime ?? Duration.zero,
    networkTime: { NTP: given.timedate1?.NTP ?? true, NTPSynchronized: given.timedate1?.NTPSynchronized ?? true },
    ...(given.units && { units: given.units }),
  });
  const narrator = new Narrator(run.print, () => device.elapsed());
  run.print(`A simulated device: 1 s here is ${speed} s there, on a system bus of its own.`);
  narrator.tell('host', describeStart(device, simulation), 0);

  const events: SimulatedEvent[] = [];
  const engines = new EngineOfEachBoot(device, run.createEngine, narrator.logger());
  const watching = device.events.subscribe((event) => {
    events.push(event);
    narrator.event(event);
    if (event.kind === 'shutting-down') engines.stop();
    if (event.kind === 'booted') engines.start();
  });
  const changes = simulation.at.map(({ t, set }) =>
    clock.schedule(t.milliseconds, () => device.setNtp(definedOnly(set.timedate1)), 'change in the simulation'),
  );
  try {
    engines.start();
    await Promise.race([ended(clock, end, run.signal), engines.failed]);
  } finally {
    for (const change of changes) change.cancel();
    watching.unsubscribe();
    engines.stop();
    await engines.settled();
    await device.stop();
  }
  run.print('');
  run.print(`${formatInstant(device.elapsed()).slice(1)} on the device, ${formatSeconds(spectator, began)} here.`);
  const verdicts = expect.map((expectation) => judge(expectation, events));
  for (const { met, words } of verdicts) run.print(`  ${met ? 'as expected' : 'NOT AS EXPECTED'}  ${words}`);
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

/** Starts and stops engines one after the other, however fast the device reboots. */
class EngineOfEachBoot {
  /** Rejects when an engine cannot start. */
  readonly failed: Promise<never>;
  #fail!: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #engine: SimulatedEngine | undefined;

  constructor(
    private readonly device: SimulatedDevice,
    private readonly create: SimulationRun['createEngine'],
    private readonly log: Logger,
  ) {
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
  }

  start(): void {
    this.#next(async () => {
      this.#engine = await this.create({ host: this.device.host, clock: this.device.clock, log: this.log });
      await this.#engine.start();
    });
  }

  stop(): void {
    this.#next(async () => {
      const engine = this.#engine;
      this.#engine = undefined;
      await engine?.stop();
    });
  }

  settled(): Promise<void> {
    return this.#last;
  }

  #next(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch((error: unknown) => this.#fail(error));
  }
}

function describeStart(device: SimulatedDevice, { given }: Simulation): string {
  const { uptime = Duration.zero, timedate1: { NTP = true, NTPSynchronized = true } = {} } = given;
  return `is up for ${uptime}, NTP is ${String(NTP)}, NTPSynchronized is ${String(NTPSynchronized)}, boot id ${device.bootId}`;
}

/** Resolves at the end of the simulation or when it is interrupted. */
async function ended(clock: Clock, end: Duration | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = end && clock.schedule(end.milliseconds, resolve, 'end of the simulation');
    signal?.addEventListener('abort', () => (timer?.cancel(), resolve()), { once: true });
  });
}

/** A key that the file leaves out must not be told as a change. */
function definedOnly<Values extends object>(values: Values): { [Key in keyof Values]?: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: NonNullable<Values[Key]>;
  };
}
