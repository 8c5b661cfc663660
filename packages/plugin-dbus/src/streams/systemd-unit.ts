import { Clock, clockScheduler, Duration, Lost, lost, stateStream, z, type StateStream } from '@devicerc/core';
import {
  catchError,
  combineLatest,
  defer,
  distinctUntilChanged,
  filter,
  map,
  of,
  repeat,
  startWith,
  switchMap,
  timer,
  type Observable,
} from 'rxjs';
import { BusClient } from '../bus/bus-client.js';
import { watchProperties, type Properties, type WatchedProperties } from '../bus/property-watch.js';
import { subscribeToManager, systemd } from '../systemd/manager.js';
import { unitName } from '../systemd/unit-name.js';
import { systemBus } from '../system-bus.js';

const parameters = z.strictObject({ unit: unitName.describe('Full name of the unit, such as chronyd.service.') });

/** org.freedesktop.systemd1(5), "Unit Objects" and "Service Unit Objects". */
const state = z.object({
  load: z.string().describe('loaded, not-found, bad-setting, error, masked'),
  active: z.string().describe('active, reloading, inactive, failed, activating, deactivating'),
  sub: z.string().describe('State of its type, such as running, exited, dead, mounted'),
  result: z.string().describe('success, or why it failed: exit-code, signal, timeout, …; empty for types without one'),
  unitFileState: z.string().describe('enabled, disabled, static, masked, …; empty without a unit file'),
  restarts: z.number().describe('How often systemd restarted a service by itself'),
});

type UnitState = z.output<typeof state>;

const unitProperties = z.object({
  LoadState: z.string(),
  ActiveState: z.string(),
  SubState: z.string(),
  UnitFileState: z.string(),
});
const serviceProperties = z.object({ Result: z.string(), NRestarts: z.number().default(0) });
const resultProperties = z.object({ Result: z.string() });

/** When to ask again after systemd did not answer as it should. */
const retryPause = Duration.parse('30s');

/** Interfaces of the unit types that have a Result, by the suffix of their names. */
const resultInterfaces: Readonly<Record<string, string>> = {
  service: 'Service',
  socket: 'Socket',
  mount: 'Mount',
  automount: 'Automount',
  swap: 'Swap',
  path: 'Path',
  timer: 'Timer',
  scope: 'Scope',
};

/** What systemd knows of one of its units. */
@stateStream({
  name: 'systemd.unit',
  summary: 'State of a systemd unit of the host.',
  parameters,
  value: state,
  requires: [systemBus],
})
export class SystemdUnit implements StateStream<z.output<typeof parameters>, UnitState> {
  constructor(
    private readonly bus: BusClient,
    private readonly clock: Clock,
  ) {}

  open({ unit }: z.output<typeof parameters>): Observable<UnitState | Lost> {
    return this.bus.availability.pipe(
      switchMap((availability) => (availability.available ? this.watchFromNowOn(unit) : of(lost(availability.reason)))),
    );
  }

  /** systemd forgets its subscribers when it starts anew, and may know another file of the unit after a reload. */
  private watchFromNowOn(unit: string): Observable<UnitState | Lost> {
    const { destination: sender, path, interface: name } = systemd;
    const owners = this.bus.nameOwner(sender).pipe(distinctUntilChanged());
    const reloads = this.bus
      .signals({ sender, path, interface: name, member: 'Reloading' })
      .pipe(filter(({ args }) => args[0] === false));
    return owners.pipe(
      switchMap((owner) =>
        owner === undefined
          ? of(lost('systemd is not on the bus'))
          : reloads.pipe(
              startWith(undefined),
              switchMap(() => this.watchUnit(unit)),
            ),
      ),
    );
  }

  private watchUnit(unit: string): Observable<UnitState | Lost> {
    const again = timer(retryPause.milliseconds, clockScheduler(this.clock));
    return defer(() => this.loadUnit(unit)).pipe(
      switchMap((path) => this.watchObject(unit, path)),
      catchError((error: unknown) => of(lost((error as Error).message))),
      repeat({ delay: () => again }),
    );
  }

  /** A unit without a file is loaded too: its state is not-found. @returns the path of its object */
  private async loadUnit(unit: string): Promise<string> {
    await subscribeToManager(this.bus, {});
    const [path] = await this.bus.call({ ...systemd, member: 'LoadUnit', signature: 's', args: [unit] });
    return path as string;
  }

  private watchObject(unit: string, path: string): Observable<UnitState | Lost> {
    const watch = (type: string, schema: z.ZodObject): Observable<Properties | Lost> =>
      watchProperties(this.bus, this.clock, target(path, type, schema));
    const suffix = unit.slice(unit.lastIndexOf('.') + 1);
    const type = resultInterfaces[suffix];
    const schema = type === 'Service' ? serviceProperties : resultProperties;
    return combineLatest([
      watch('Unit', unitProperties),
      type === undefined ? of<Properties>({ Result: '' }) : watch(type, schema),
    ]).pipe(map(([common, special]) => stateOf(common, special)));
  }
}

function target(path: string, type: string, schema: z.ZodObject): WatchedProperties {
  return {
    destination: systemd.destination,
    path,
    interface: `org.freedesktop.systemd1.${type}`,
    names: Object.keys(schema.shape),
    schema: schema as z.ZodType<Properties>,
  };
}

function stateOf(common: Properties | Lost, special: Properties | Lost): UnitState | Lost {
  if (common instanceof Lost) return common;
  if (special instanceof Lost) return special;
  const { LoadState, ActiveState, SubState, UnitFileState } = unitProperties.parse(common);
  const { Result, NRestarts } = serviceProperties.parse(special);
  return {
    load: LoadState,
    active: ActiveState,
    sub: SubState,
    result: Result,
    unitFileState: UnitFileState,
    restarts: NRestarts,
  };
}
