import { Clock, Duration, HostEnvironment, Logger, PluginOptions, type ServiceLifecycle } from '@devicerc/core';
import { inject, injectable } from 'inversify';
import { Observable, of, Subscription } from 'rxjs';
import { busError } from '../errors.js';
import type { BusOptions } from '../options.js';
import type { BusConnection, Reply } from './bus-connection.js';
import { BusLink } from './bus-link.js';
import { matchRuleText, type MatchRule } from './match-rule.js';
import { theBus, type MethodCall, type Signal } from './message.js';
import { NameOwners } from './name-owners.js';
import { SignalRouter } from './signal-router.js';

export interface CallOptions {
  /** For the way to the bus and the call together; default: the plugin's option `call-timeout`. */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

/** Whether the bus is within reach. Each `available: true` is a new connection: state has to be read again. */
export type Availability = { readonly available: true } | { readonly available: false; readonly reason: string };

/**
 * The system bus of the host, for every stream and action of this plugin and of those that depend on it. It connects on
 * first use, keeps the connection, and makes it again when it is lost; subscriptions are restored before anybody hears
 * that the bus is back. Signals are handed on as they arrive, in the turn of the event loop that read them: nothing is
 * queued here, and the socket's own buffer is what holds a flood back.
 */
@injectable()
export class BusClient implements ServiceLifecycle {
  private readonly owners: NameOwners;
  private readonly router: SignalRouter;
  private readonly link: BusLink;
  private readonly callTimeout: Duration;
  private activatable: Promise<readonly string[]> | undefined;

  constructor(
    @inject(PluginOptions) options: BusOptions,
    private readonly clock: Clock,
    private readonly log: Logger,
    host: HostEnvironment,
  ) {
    this.callTimeout = options['call-timeout'];
    this.owners = new NameOwners(this.callTimeout);
    this.router = new SignalRouter(this.owners, this.callTimeout);
    this.link = new BusLink(options, clock, log, host, {
      attach: (connection) => this.attach(connection),
      detach: () => this.detach(),
      signal: (signal) => this.receive(signal),
      unreadable: (error) => this.reportUnreadable(error),
    });
  }

  /** Reason and return of the bus, from now on. Silent until the first attempt to connect has ended. */
  readonly availability: Observable<Availability> = new Observable((subscriber) => {
    const states = this.link.state.subscribe({
      next: (state) => {
        if (state.kind === 'up') subscriber.next({ available: true });
        else if (state.kind === 'down') subscriber.next({ available: false, reason: state.reason });
      },
      complete: () => subscriber.complete(),
    });
    const leave = this.link.want();
    return () => {
      states.unsubscribe();
      leave();
    };
  });

  /**
   * Calls a method and waits for its reply, for the bus too when it is out of reach.
   * @returns the reply's values, as plain ones
   * @throws DeviceError `DBUS_UNAVAILABLE` (nothing was sent), `DBUS_ARGUMENT_INVALID`, `DBUS_CALL_TIMEOUT`,
   * `DBUS_CALL_ABORTED`, `DBUS_DISCONNECTED`, `DBUS_PEER_GONE`, and what the service answers: `DBUS_ACCESS_DENIED`,
   * `DBUS_SERVICE_UNKNOWN`, `DBUS_MEMBER_UNKNOWN`, `DBUS_CALL_FAILED`
   */
  async call(call: MethodCall, options: CallOptions = {}): Promise<readonly unknown[]> {
    if (options.signal?.aborted) throw aborted(call);
    const timeout = options.timeout ?? this.callTimeout;
    const before = this.clock.boottime();
    const connection = this.link.connection ?? (await this.waitForConnection(call, timeout, options.signal));
    const rest = Duration.ofMilliseconds(Math.max(1, timeout.milliseconds - (this.clock.boottime() - before)));
    const reply = await this.request(connection, call, rest, options.signal);
    if ('error' in reply) throw reply.error;
    return reply.body;
  }

  /**
   * The signals that match one of the rules, each once. A rule is in force before any call that is made after the
   * subscription, and goes on across reconnections.
   * The observable errors with `DBUS_MATCH_REFUSED`.
   */
  signals(...rules: readonly MatchRule[]): Observable<Signal> {
    return this.signalsOf(of(rules));
  }

  /** As {@link signals}, for rules that change: what is in both the old and the new set goes on without a gap. */
  signalsOf(rules: Observable<readonly MatchRule[]>): Observable<Signal> {
    return new Observable((subscriber) => {
      const listener = {
        signal: (signal: Signal) => subscriber.next(signal),
        refused: (error: Error) => subscriber.error(error),
      };
      const active = new Map<string, () => void>();
      const replace = (next: readonly MatchRule[]): void => {
        const wanted = new Map(next.map((rule) => [matchRuleText(rule), rule]));
        for (const [text, rule] of wanted) if (!active.has(text)) active.set(text, this.router.add(rule, listener));
        for (const [text, remove] of active) {
          if (wanted.has(text)) continue;
          active.delete(text);
          remove();
        }
      };
      const leaving = new Subscription(this.link.want());
      leaving.add(() => replace([]));
      leaving.add(rules.subscribe({ next: replace, error: (error: unknown) => subscriber.error(error) }));
      return leaving;
    });
  }

  /**
   * Resolves when every signal is handed on that had reached the bus before the call: its answer comes after them. At once
   * where there is no connection.
   * @throws DeviceError `DBUS_CALL_TIMEOUT`, `DBUS_DISCONNECTED`
   */
  async caughtUp(): Promise<void> {
    if (this.link.connection) await this.call({ ...theBus, member: 'GetId' });
  }

  /**
   * The unique name of a well-known name's owner, or undefined when nobody owns it; silent while the bus is away.
   * The observable errors with `DBUS_MATCH_REFUSED`.
   */
  nameOwner(name: string): Observable<string | undefined> {
    return new Observable((subscriber) => {
      const leaving = new Subscription(this.link.want());
      const listener = {
        owner: (owner: string | undefined) => subscriber.next(owner),
        refused: (error: Error) => subscriber.error(error),
      };
      leaving.add(this.owners.watch(name, listener));
      return leaving;
    });
  }

  /** Whether the bus starts the service when it is called; such a service may come and go as it likes. */
  async isActivatable(name: string): Promise<boolean> {
    this.activatable ??= this.listActivatable();
    return (await this.activatable).includes(name);
  }

  /** What `status` and tests look at: match rules held at the bus. */
  get matchRules(): number {
    return this.router.ruleCount;
  }

  dispose(): void {
    this.detach();
    this.link.dispose();
  }

  /** Not knowing counts as none; the next connection asks again. */
  private async listActivatable(): Promise<readonly string[]> {
    try {
      const [names] = await this.call({ ...theBus, member: 'ListActivatableNames' });
      return names as readonly string[];
    } catch {
      return [];
    }
  }

  /** Owners first: when a signal arrives, it is known whose it is. */
  private attach(connection: BusConnection): void {
    this.activatable = undefined;
    this.owners.attach(connection);
    this.router.attach(connection);
  }

  private detach(): void {
    this.owners.detach();
    this.router.detach();
  }

  private receive(signal: Signal): void {
    this.owners.receive(signal);
    this.router.dispatch(signal);
  }

  private waitForConnection(call: MethodCall, timeout: Duration, signal?: AbortSignal): Promise<BusConnection> {
    return new Promise((resolve, reject) => {
      let reason = 'no attempt to connect has ended yet';
      const leaving = new Subscription();
      const settle = (finish: () => void): void => {
        leaving.unsubscribe();
        finish();
      };
      const expire = (): void => settle(() => reject(unavailable(call, timeout, reason)));
      const timer = this.clock.schedule(timeout.milliseconds, expire, 'waiting for D-Bus');
      leaving.add(() => timer.cancel());
      leaving.add(onAbort(signal, () => settle(() => reject(aborted(call)))));
      leaving.add(
        this.link.state.subscribe({
          next: (state) => {
            if (state.kind === 'down') reason = state.reason;
            if (state.kind === 'up') settle(() => resolve(state.connection));
          },
          complete: () => settle(() => reject(unavailable(call, timeout, 'the engine stops'))),
        }),
      );
      leaving.add(this.link.want());
    });
  }

  private request(
    connection: BusConnection,
    call: MethodCall,
    timeout: Duration,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    return new Promise((resolve) => {
      const leaving = new Subscription();
      const giveUp = connection.request(call, timeout, (reply) => {
        leaving.unsubscribe();
        resolve(reply);
      });
      leaving.add(
        onAbort(signal, () => {
          giveUp();
          resolve({ error: aborted(call) });
        }),
      );
    });
  }

  private reportUnreadable(error: unknown): void {
    this.log.warn(`A D-Bus message could not be read and was passed over: ${String(error)}`);
  }
}

function onAbort(signal: AbortSignal | undefined, react: () => void): () => void {
  signal?.addEventListener('abort', react, { once: true });
  return () => signal?.removeEventListener('abort', react);
}

function unavailable(call: MethodCall, timeout: Duration, reason: string): Error {
  const message = `${call.interface}.${call.member} was not sent: the bus did not come within reach in ${timeout.toString()}. ${reason}`;
  return busError('DBUS_UNAVAILABLE', message);
}

function aborted(call: MethodCall): ReturnType<typeof busError> {
  return busError('DBUS_CALL_ABORTED', `${call.interface}.${call.member} was given up by its caller.`, {
    isUncertain: true,
  });
}
