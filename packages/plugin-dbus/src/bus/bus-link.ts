import { DeviceError, Duration, type Clock, type HostEnvironment, type Logger, type Timer } from '@devicerc/core';
import { BehaviorSubject, type Observable } from 'rxjs';
import { busError } from '../errors.js';
import type { BusOptions } from '../options.js';
import { parseAddress, type Transport } from './address.js';
import { BusConnection, type ConnectionOwner } from './bus-connection.js';
import { locateBus } from './bus-location.js';
import { loadWire, type Wire } from './wire.js';

export type LinkState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'down'; readonly reason: string }
  | { readonly kind: 'up'; readonly connection: BusConnection };

/** Restores on a new connection what the last one carried. */
export interface LinkUser extends ConnectionOwner {
  attach(connection: BusConnection): void;
  detach(): void;
}

/**
 * Keeps a connection to the bus for as long as somebody wants one: connects on first demand, and after a loss again and
 * again, each pause twice as long as the last.
 */
export class BusLink {
  private readonly current = new BehaviorSubject<LinkState>({ kind: 'unknown' });
  private demand = 0;
  private attempts = 0;
  private isConnecting = false;
  private isDisposed = false;
  private retry: Timer | undefined;
  private wire: Wire | undefined;
  private lostAt: number | undefined;

  constructor(
    private readonly options: BusOptions,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly host: HostEnvironment,
    private readonly user: LinkUser,
  ) {}

  get state(): Observable<LinkState> {
    return this.current;
  }

  /** The connection of this moment. */
  get connection(): BusConnection | undefined {
    return this.current.value.kind === 'up' ? this.current.value.connection : undefined;
  }

  /** @returns gives the wish for a connection up; one that is there stays */
  want(): () => void {
    this.demand++;
    if (!this.connection && !this.retry) void this.connect();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.demand--;
      if (this.demand === 0) this.cancelRetry();
    };
  }

  dispose(): void {
    this.isDisposed = true;
    this.cancelRetry();
    this.connection?.close('the engine stops');
    this.current.complete();
  }

  private async connect(): Promise<void> {
    if (this.isConnecting || this.isDisposed || this.connection) return;
    this.cancelRetry();
    this.isConnecting = true;
    this.attempts++;
    try {
      this.begin(await this.open());
    } catch (error) {
      const code = error instanceof DeviceError ? { code: error.code } : {};
      this.down(error instanceof Error ? error.message : String(error), code);
    } finally {
      this.isConnecting = false;
    }
  }

  private async open(): Promise<BusConnection> {
    const location = await locateBus(this.options.address, this.host);
    if ('missing' in location) {
      throw busError('DBUS_ABSENT', `No system bus was found: ${location.missing}. ${location.remedy}`);
    }
    this.wire ??= await loadWire();
    const failures: string[] = [];
    for (const transport of parseAddress(location.address, this.host.variables)) {
      try {
        const connection = await this.openOne(transport, this.wire);
        this.log.info(`Connected to the system bus at ${transport.text}: ${location.why}.`);
        return connection;
      } catch (error) {
        failures.push(`${transport.text}: ${(error as Error).message}`);
      }
    }
    throw busError('DBUS_CONNECT_FAILED', `${failures.join('; ')} (this address was taken because ${location.why})`);
  }

  private openOne(transport: Transport, wire: Wire): Promise<BusConnection> {
    return BusConnection.open(transport.target, wire, this.clock, this.user, this.options['connect-timeout']);
  }

  private begin(connection: BusConnection): void {
    if (this.isDisposed) return connection.close('the engine stops');
    const since = this.clock.boottime();
    void connection.ended.then((reason) => this.end(since, reason));
    this.user.attach(connection);
    if (this.lostAt !== undefined) {
      const gap = Duration.ofMilliseconds(since - this.lostAt);
      this.log.warn(
        `The system bus is back after ${gap.toString()}. Signals sent in between were missed; all state is read again.`,
        { event: 'dbus-restored', gap: gap.toString() },
      );
    }
    this.lostAt = undefined;
    this.current.next({ kind: 'up', connection });
  }

  private end(since: number, reason: string): void {
    if (this.isDisposed) return;
    this.user.detach();
    this.lostAt ??= this.clock.boottime();
    // A bus that lets us in and drops us at once is not well yet: the pauses go on growing.
    if (this.clock.boottime() - since >= this.options['reconnect-max-delay'].milliseconds) this.attempts = 0;
    this.down(`the connection was lost: ${reason}`);
  }

  /** @param code of the error that kept it from connecting */
  private down(reason: string, code: { readonly code?: string } = {}): void {
    if (this.isDisposed) return;
    const known = this.current.value;
    const level = known.kind === 'down' && known.reason === reason ? 'debug' : 'warn';
    const facts = { event: 'dbus-lost', attempt: this.attempts, ...code };
    this.log.log(level, `The system bus is out of reach. ${reason}`, facts);
    // Whoever hears of it may want a connection at once, which then waits for the same attempt.
    if (this.demand > 0) this.scheduleRetry();
    this.current.next({ kind: 'down', reason });
  }

  private scheduleRetry(): void {
    const { milliseconds: first } = this.options['reconnect-delay'];
    const { milliseconds: longest } = this.options['reconnect-max-delay'];
    const pause = Math.min(longest, first * 2 ** Math.max(0, this.attempts - 1));
    const again = (): void => {
      this.retry = undefined;
      void this.connect();
    };
    this.retry = this.clock.schedule(pause, again, 'reconnecting to D-Bus');
  }

  private cancelRetry(): void {
    this.retry?.cancel();
    this.retry = undefined;
  }
}
