import { DeviceError, Duration, lost, type Clock, type Lost, type Timer, type z } from '@devicerc/core';
import { Observable, of, Subscription, switchMap, type Subscriber } from 'rxjs';
import type { BusClient } from './bus-client.js';
import type { Signal } from './message.js';

export interface WatchedProperties {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly names: readonly string[];
  /** What the properties must be together; a value that does not fit is told, not handed on. */
  readonly schema: z.ZodType<Properties>;
  /** How often to read again, for properties that change without a signal; default never. */
  readonly poll?: Duration;
}

export type Properties = Readonly<Record<string, unknown>>;

const propertiesInterface = 'org.freedesktop.DBus.Properties';

/** Answers to GetAll after which reading the properties one by one may still work. */
const worthReadingOneByOne: readonly string[] = ['DBUS_CALL_FAILED', 'DBUS_MEMBER_UNKNOWN', 'DBUS_ACCESS_DENIED'];

/** When to read again after a service that is there did not answer as it should. */
const retryPause = Duration.parse('30s');

/**
 * Properties of an object, as they are and as they change: read when the bus or the owner appears, on PropertiesChanged
 * (from the signal itself, or again where it only says "invalidated"), and at each poll.
 */
export function watchProperties(
  bus: BusClient,
  clock: Clock,
  watched: WatchedProperties,
): Observable<Properties | Lost> {
  return bus.availability.pipe(
    switchMap((availability) =>
      availability.available
        ? new Observable<Properties | Lost>((subscriber) => new PropertyWatch(bus, clock, watched, subscriber).start())
        : of(lost(availability.reason)),
    ),
  );
}

/** The watch within one life of the connection. */
class PropertyWatch {
  private readonly ending = new AbortController();
  private readonly resources = new Subscription();
  private values: Properties | undefined;
  /** null: not known yet. */
  private owner: string | undefined | null = null;
  private isReading = false;
  private mustReadAgain = false;
  private canGetAll = true;
  private startsOnDemand = false;
  private timer: Timer | undefined;

  constructor(
    private readonly bus: BusClient,
    private readonly clock: Clock,
    private readonly watched: WatchedProperties,
    private readonly subscriber: Subscriber<Properties | Lost>,
  ) {}

  /** @returns what to unsubscribe at the end */
  start(): Subscription {
    const { destination, path, interface: name } = this.watched;
    const changes = { sender: destination, path, interface: propertiesInterface, member: 'PropertiesChanged' };
    this.resources.add(() => this.ending.abort());
    this.resources.add(() => this.timer?.cancel());
    const subscriber = { error: (error: unknown) => this.subscriber.error(error) };
    this.resources.add(
      this.bus
        .signals({ ...changes, args: { 0: name } })
        .subscribe({ ...subscriber, next: (signal) => this.changed(signal) }),
    );
    this.resources.add(
      this.bus.nameOwner(destination).subscribe({ ...subscriber, next: (owner) => void this.ownerChanged(owner) }),
    );
    return this.resources;
  }

  private changed(signal: Signal): void {
    // What does not say what changed, only says that something did.
    if (signal.signature !== 'sa{sv}as') return this.read();
    const [, changed, invalidated] = signal.args as readonly [string, Properties, readonly string[]];
    const { names } = this.watched;
    const isAsked = (name: string): boolean => names.includes(name);
    const news = Object.fromEntries(Object.entries(changed).filter(([name]) => isAsked(name)));
    const mustRead = invalidated.some(isAsked);
    if (!mustRead && Object.keys(news).length === 0) return;
    // A reply that is on its way may be older than this signal.
    if (mustRead || this.isReading || !this.values) this.read();
    else this.emit({ ...this.values, ...news });
  }

  private async ownerChanged(owner: string | undefined): Promise<void> {
    const before = this.owner;
    this.owner = owner;
    // Nobody there at first: the bus may start the service when it is asked.
    if (owner !== undefined || before === null) return this.read();
    if (before === undefined) return;
    const { destination } = this.watched;
    // A service that the bus starts on demand leaves when it is idle: what it said last still holds.
    if (await this.bus.isActivatable(destination)) return;
    if (this.owner === undefined) this.lose(`${destination} left the bus`);
  }

  /** Reads now, or again after the read that is under way. */
  private read(): void {
    this.mustReadAgain = true;
    if (!this.isReading) void this.readWhileNeeded();
  }

  private async readWhileNeeded(): Promise<void> {
    this.isReading = true;
    this.timer?.cancel();
    while (this.mustReadAgain && !this.ending.signal.aborted) {
      this.mustReadAgain = false;
      try {
        const values = await this.readAll();
        if (!this.mustReadAgain) this.emit(values);
      } catch (error) {
        if (!this.mustReadAgain) this.lose((error as Error).message);
        if (!this.ending.signal.aborted) this.startsOnDemand = await this.bus.isActivatable(this.watched.destination);
      }
    }
    this.isReading = false;
    this.schedulePoll();
  }

  /** Where nobody owns the name, its new owner starts the next read; one that starts on demand may have no other to ask it. */
  private schedulePoll(): void {
    const { poll, interface: name } = this.watched;
    const pause = poll ?? (!this.values && (this.owner || this.startsOnDemand) ? retryPause : undefined);
    if (!pause || this.ending.signal.aborted) return;
    this.timer = this.clock.schedule(pause.milliseconds, () => this.read(), `polling ${name}`);
  }

  /** Some services cannot tell all at once because of one property that nobody asked for; then each is read alone. */
  private async readAll(): Promise<Properties> {
    if (this.canGetAll) {
      try {
        return (await this.ask('GetAll', 's', [this.watched.interface])) as Properties;
      } catch (error) {
        if (!(error instanceof DeviceError) || !worthReadingOneByOne.includes(error.code)) throw error;
      }
    }
    const values: Record<string, unknown> = {};
    for (const name of this.watched.names) values[name] = await this.ask('Get', 'ss', [this.watched.interface, name]);
    this.canGetAll = false;
    return values;
  }

  private async ask(member: string, signature: string, args: readonly string[]): Promise<unknown> {
    const { destination, path } = this.watched;
    const call = { destination, path, interface: propertiesInterface, member, signature, args };
    const [value] = await this.bus.call(call, { signal: this.ending.signal });
    return value;
  }

  private emit(values: Properties): void {
    if (this.ending.signal.aborted) return;
    const asked = Object.fromEntries(this.watched.names.map((name) => [name, values[name]]));
    const parsed = this.watched.schema.safeParse(asked);
    if (!parsed.success) return this.lose(this.mismatch(asked, parsed.error));
    this.values = parsed.data;
    this.subscriber.next(parsed.data);
  }

  private mismatch(values: Properties, error: z.ZodError): string {
    const { destination, interface: name } = this.watched;
    const property = String(error.issues[0]?.path[0] ?? '');
    const problem =
      values[property] === undefined
        ? `has no property ${property}`
        : `has ${property} = ${JSON.stringify(values[property])}, which is not of the type that the file says`;
    return `${name} of ${destination} ${problem}.`;
  }

  private lose(reason: string): void {
    if (this.ending.signal.aborted) return;
    this.values = undefined;
    this.subscriber.next(lost(reason));
  }
}
