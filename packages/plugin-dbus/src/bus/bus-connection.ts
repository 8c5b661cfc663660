import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { DeviceError, type Clock, type Duration, type Timer } from '@devicerc/core';
import { busError } from '../errors.js';
import { authenticate } from './authentication.js';
import { theBus, messageType, type MethodCall, type Signal, type WireMessage } from './message.js';
import { replyError } from './reply-error.js';
import { decodeBody, encodeBody } from './values.js';
import type { Wire } from './wire.js';

export type Reply = { readonly body: readonly unknown[] } | { readonly error: DeviceError };

/** What a connection tells the one that opened it. */
export interface ConnectionOwner {
  signal(signal: Signal): void;
  unreadable(error: unknown): void;
}

interface PendingCall {
  readonly call: MethodCall;
  readonly settle: (reply: Reply) => void;
  readonly timer: Timer;
}

/** A peer that never answers must not make the process grow without end. */
const mostPendingCalls = 10_000;

/**
 * One life of the connection to a bus. It ends once, for one reason; every call that waits then fails.
 */
export class BusConnection {
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<string>;
  private readonly pending = new Map<number, PendingCall>();
  private serial = 0;
  private endReason: string | undefined;
  private announceEnd!: (reason: string) => void;

  private constructor(
    private readonly socket: Socket,
    private readonly wire: Wire,
    private readonly clock: Clock,
    private readonly owner: ConnectionOwner,
  ) {
    this.ended = new Promise((resolve) => (this.announceEnd = resolve));
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the bus closed the connection'));
    socket.on('close', () => this.close('the connection was closed'));
  }

  /**
   * Connects, authenticates and says Hello, all within `timeout`.
   * @throws DeviceError `DBUS_CONNECT_FAILED`, `DBUS_AUTHENTICATION_REFUSED`
   */
  static async open(
    target: NetConnectOpts,
    wire: Wire,
    clock: Clock,
    owner: ConnectionOwner,
    timeout: Duration,
  ): Promise<BusConnection> {
    const socket = connect(target);
    const connection = new BusConnection(socket, wire, clock, owner);
    const expired = (): void => connection.close(`the bus did not let us in within ${timeout.toString()}`);
    const deadline = clock.schedule(timeout.milliseconds, expired, 'connecting to D-Bus');
    try {
      await Promise.race([connection.greet(timeout), connection.ended.then(connectFailed)]);
      return connection;
    } catch (error) {
      connection.close('the bus did not let us in');
      throw error;
    } finally {
      deadline.cancel();
    }
  }

  get isOpen(): boolean {
    return this.endReason === undefined;
  }

  /**
   * Sends a call. `settle` is called exactly once, in the order of arrival with signals, and never before this returns
   * unless the call cannot be sent at all.
   * @returns gives the call up
   */
  request(call: MethodCall, timeout: Duration, settle: (reply: Reply) => void): () => void {
    const refusal = this.refusal();
    if (refusal) {
      settle({ error: refusal });
      return () => {};
    }
    const serial = this.nextSerial();
    try {
      this.socket.write(this.encode(serial, call));
    } catch (error) {
      settle({ error: asDeviceError(error, call) });
      return () => {};
    }
    const timer = this.clock.schedule(timeout.milliseconds, () => this.expire(serial, timeout), `D-Bus ${call.member}`);
    this.pending.set(serial, { call, settle, timer });
    return () => this.forget(serial);
  }

  /** Ends the connection; only the first reason counts. */
  close(reason: string): void {
    if (this.endReason !== undefined) return;
    this.endReason = reason;
    this.socket.destroy();
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { call, settle, timer } of waiting) {
      timer.cancel();
      settle({
        error: busError('DBUS_DISCONNECTED', `${nameOf(call)} got no reply: ${reason}.`, { isUncertain: true }),
      });
    }
    this.announceEnd(reason);
  }

  private async greet(timeout: Duration): Promise<void> {
    await authenticate(this.socket);
    this.wire.read(this.socket, {
      message: (message) => this.receive(message),
      unreadable: (error) => this.owner.unreadable(error),
      broken: (reason) => this.close(reason),
    });
    const reply = await new Promise<Reply>((resolve) => this.request({ ...theBus, member: 'Hello' }, timeout, resolve));
    if ('error' in reply) throw reply.error;
  }

  private refusal(): DeviceError | undefined {
    if (this.endReason !== undefined) {
      return busError('DBUS_UNAVAILABLE', `There is no connection to the system bus: ${this.endReason}.`);
    }
    if (this.pending.size < mostPendingCalls) return undefined;
    return busError('DBUS_OVERLOADED', `${this.pending.size} calls wait for a reply; no more are sent.`);
  }

  /** Serials are 32 bits and never 0. */
  private nextSerial(): number {
    do this.serial = this.serial === 0xffff_ffff ? 1 : this.serial + 1;
    while (this.pending.has(this.serial));
    return this.serial;
  }

  private encode(serial: number, call: MethodCall): Uint8Array {
    const { signature = '', args = [], ...header } = call;
    const body = encodeBody(signature, args);
    return this.wire.write({ ...header, type: messageType.methodCall, serial, signature, body });
  }

  private receive(message: WireMessage): void {
    try {
      if (message.type === messageType.signal) this.owner.signal(signalOf(message));
      else if (message.type === messageType.methodReturn || message.type === messageType.error) this.settle(message);
    } catch (error) {
      this.owner.unreadable(error);
    }
  }

  private settle(message: WireMessage): void {
    const waiting = this.forget(message.replySerial ?? 0);
    if (!waiting) return;
    const body = decodeBody(message.signature ?? '', message.body ?? []);
    if (message.type === messageType.methodReturn) waiting.settle({ body });
    else waiting.settle({ error: replyError(nameOf(waiting.call), message.errorName ?? '', body[0]) });
  }

  private expire(serial: number, timeout: Duration): void {
    const waiting = this.forget(serial);
    if (!waiting) return;
    const { call, settle } = waiting;
    if (call.destination === theBus.destination) this.close('the bus does not answer');
    const message = `${nameOf(call)} got no reply within ${timeout.toString()}.`;
    settle({ error: busError('DBUS_CALL_TIMEOUT', message, { isUncertain: true }) });
  }

  private forget(serial: number): PendingCall | undefined {
    const waiting = this.pending.get(serial);
    this.pending.delete(serial);
    waiting?.timer.cancel();
    return waiting;
  }
}

function connectFailed(reason: string): never {
  throw busError('DBUS_CONNECT_FAILED', `No connection to the system bus came about: ${reason}.`);
}

function signalOf(message: WireMessage): Signal {
  const { sender = '', path = '', interface: name = '', member = '', signature = '', body = [] } = message;
  return { sender, path, interface: name, member, signature, args: decodeBody(signature, body) };
}

function nameOf(call: MethodCall): string {
  return `${call.interface}.${call.member} of ${call.destination}`;
}

function asDeviceError(error: unknown, call: MethodCall): DeviceError {
  if (error instanceof DeviceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return busError('DBUS_ARGUMENT_INVALID', `${nameOf(call)} cannot be sent: ${reason}.`, { cause: error });
}
