import { theBus, type Signal } from './message.js';
import { addMatch, matchRefused, matchRuleText, removeMatch } from './match-rule.js';
import type { BusConnection } from './bus-connection.js';
import type { DeviceError, Duration } from '@devicerc/core';

interface OwnerListener {
  owner(owner: string | undefined): void;
  /** The bus does not tell who owns the name. */
  refused(error: DeviceError): void;
}

interface WatchedName {
  readonly listeners: Set<OwnerListener>;
  /** Unique name of the owner; undefined: nobody; null: not asked yet. */
  owner: string | undefined | null;
}

/**
 * Who owns the well-known names that somebody watches. Replies and signals are taken in the order the bus sent them, so
 * that no owner is ever older than a signal that follows it.
 */
export class NameOwners {
  private readonly names = new Map<string, WatchedName>();
  private connection: BusConnection | undefined;

  constructor(private readonly timeout: Duration) {}

  ownerOf(name: string): string | undefined {
    return this.names.get(name)?.owner ?? undefined;
  }

  /** Calls back with the owner as soon as it is known, then at each change. @returns leaves */
  watch(name: string, listener: OwnerListener): () => void {
    let watched = this.names.get(name);
    if (!watched) {
      watched = { listeners: new Set(), owner: null };
      this.names.set(name, watched);
    }
    const isFirst = watched.listeners.size === 0;
    watched.listeners.add(listener);
    if (watched.owner !== null) listener.owner(watched.owner);
    if (isFirst && this.connection) this.ask(this.connection, name, watched);
    return () => this.leave(name, listener);
  }

  attach(connection: BusConnection): void {
    this.connection = connection;
    for (const [name, watched] of this.names) this.ask(connection, name, watched);
  }

  /** The owners are unknown from here on; a new connection asks again. */
  detach(): void {
    this.connection = undefined;
    for (const watched of this.names.values()) watched.owner = null;
  }

  /** Takes note of NameOwnerChanged before anybody else hears of it. */
  receive(signal: Signal): void {
    if (signal.member !== 'NameOwnerChanged' || signal.sender !== theBus.destination) return;
    const [name, , owner] = signal.args as readonly [string, string, string];
    const watched = this.names.get(name);
    if (watched) this.change(watched, owner || undefined);
  }

  private leave(name: string, listener: OwnerListener): void {
    const watched = this.names.get(name);
    if (!watched?.listeners.delete(listener) || watched.listeners.size > 0) return;
    this.names.delete(name);
    this.connection?.request(removeMatch(ownerRule(name)), this.timeout, () => {});
  }

  private ask(connection: BusConnection, name: string, watched: WatchedName): void {
    const rule = ownerRule(name);
    const refuse = (error: DeviceError): void => {
      if (!connection.isOpen) return;
      for (const listener of [...watched.listeners]) listener.refused(error);
    };
    connection.request(addMatch(rule), this.timeout, (reply) => {
      if ('error' in reply) refuse(matchRefused(rule, reply.error));
    });
    const question = { ...theBus, member: 'GetNameOwner', signature: 's', args: [name] };
    connection.request(question, this.timeout, (reply) => {
      if (this.connection !== connection) return;
      if ('body' in reply) this.change(watched, reply.body[0] as string);
      else if (reply.error.code === 'DBUS_SERVICE_UNKNOWN') this.change(watched, undefined);
      else refuse(reply.error);
    });
  }

  private change(watched: WatchedName, owner: string | undefined): void {
    if (watched.owner === owner) return;
    watched.owner = owner;
    for (const listener of watched.listeners) listener.owner(owner);
  }
}

function ownerRule(name: string): string {
  return matchRuleText({
    sender: theBus.destination,
    path: theBus.path,
    interface: theBus.interface,
    member: 'NameOwnerChanged',
    args: { 0: name },
  });
}
