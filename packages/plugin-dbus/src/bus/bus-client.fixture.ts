import { HostEnvironment, Logger, RealClock, type Clock, type LogFields, type LogLevel } from '@devicerc/core';
import type { Observable } from 'rxjs';
import { busOptions } from '../options.js';
import { BusClient } from './bus-client.js';

/** A machine that shows nothing but the given variables and root folder. */
export class PlainHost extends HostEnvironment {
  readonly procPath: string;
  readonly sysPath: string;

  constructor(
    readonly rootPath: string,
    readonly variables: Readonly<Record<string, string | undefined>> = {},
  ) {
    super();
    this.procPath = `${rootPath}/proc`;
    this.sysPath = `${rootPath}/sys`;
  }
}

/** Keeps what was logged, to be asked about. */
export class RecordingLogger extends Logger {
  readonly lines: string[] = [];
  /** Of each line. */
  readonly fields: LogFields[] = [];

  override log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push(`${level}: ${message}`);
    this.fields.push(fields);
  }

  override child(): Logger {
    return this;
  }
}

export interface TestClient {
  readonly bus: BusClient;
  readonly clock: Clock;
  readonly log: RecordingLogger;
  dispose(): void;
}

/** A client on the real clock that reconnects within milliseconds. */
export function testClient(address?: string, options: Record<string, string> = {}): TestClient {
  const clock = new RealClock();
  const log = new RecordingLogger();
  const parsed = busOptions.parse({
    ...(address && { address }),
    'connect-timeout': '2s',
    'call-timeout': '5s',
    'reconnect-delay': '5ms',
    'reconnect-max-delay': '50ms',
    ...options,
  });
  const bus = new BusClient(parsed, clock, log, new PlainHost('/nonexistent'));
  const dispose = (): void => {
    bus.dispose();
    clock.dispose();
  };
  return { bus, clock, log, dispose };
}

/** Collects what an observable emits, and waits until something has been seen. */
export class Seen<Value> {
  readonly values: Value[] = [];
  error: unknown;
  private readonly subscription;
  private wake: (() => void) | undefined;

  constructor(source: Observable<Value>) {
    this.subscription = source.subscribe({
      next: (value) => {
        this.values.push(value);
        this.wake?.();
      },
      error: (error: unknown) => {
        this.error = error;
        this.wake?.();
      },
    });
  }

  get last(): Value | undefined {
    return this.values.at(-1);
  }

  /** Resolves when the condition holds for the last value; the test's own timeout is what ends a wait in vain. */
  async until(condition: (value: Value) => boolean): Promise<Value> {
    while (this.values.length === 0 || !condition(this.last!)) await this.change();
    return this.last!;
  }

  async failure(): Promise<unknown> {
    while (this.error === undefined) await this.change();
    return this.error;
  }

  stop(): void {
    this.subscription.unsubscribe();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}
