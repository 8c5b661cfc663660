import type { DeviceError, Duration } from '@devicerc/core';
import type { BusConnection } from './bus-connection.js';
import {
  addMatch,
  isWellKnown,
  matches,
  matchRefused,
  matchRuleText,
  removeMatch,
  type MatchRule,
} from './match-rule.js';
import type { Signal } from './message.js';
import type { NameOwners } from './name-owners.js';

export interface SignalListener {
  /** Does not throw. */
  signal(signal: Signal): void;
  /** The bus refused a rule of this listener. */
  refused(error: DeviceError): void;
}

interface Route {
  readonly rule: MatchRule;
  readonly listener: SignalListener;
  readonly leaveOwner: () => void;
}

/**
 * Which listener gets which signal. Equal match rules are added to the bus once and removed after the last listener left;
 * what arrives is matched again here, because the bus does not say which rule a signal came for.
 */
export class SignalRouter {
  /** By match rule text, which is how often the bus knows it: once. */
  private readonly routes = new Map<string, Set<Route>>();
  /** The same routes by interface and member, either of them `*` when the rule leaves it open. */
  private readonly index = new Map<string, Set<Route>>();
  private connection: BusConnection | undefined;

  constructor(
    private readonly owners: NameOwners,
    private readonly timeout: Duration,
  ) {}

  /** Number of rules that the bus holds for us. */
  get ruleCount(): number {
    return this.routes.size;
  }

  /** @returns leaves */
  add(rule: MatchRule, listener: SignalListener): () => void {
    const ownerListener = { owner: () => {}, refused: (error: DeviceError) => listener.refused(error) };
    const leaveOwner =
      rule.sender && isWellKnown(rule.sender) ? this.owners.watch(rule.sender, ownerListener) : () => {};
    const route: Route = { rule, listener, leaveOwner };
    const text = matchRuleText(rule);
    if (addTo(this.routes, text, route) && this.connection) this.announce(this.connection, text);
    addTo(this.index, indexKey(rule.interface, rule.member), route);
    return () => this.remove(text, route);
  }

  attach(connection: BusConnection): void {
    this.connection = connection;
    for (const text of this.routes.keys()) this.announce(connection, text);
  }

  detach(): void {
    this.connection = undefined;
  }

  /** Hands the signal to each listener once, however many of its rules match. */
  dispatch(signal: Signal): void {
    const served = new Set<SignalListener>();
    for (const key of indexKeysOf(signal)) {
      for (const { rule, listener } of this.index.get(key) ?? []) {
        if (served.has(listener) || !matches(rule, signal, this.ownerOf)) continue;
        served.add(listener);
        listener.signal(signal);
      }
    }
  }

  private readonly ownerOf = (name: string): string | undefined => this.owners.ownerOf(name);

  private remove(text: string, route: Route): void {
    removeFrom(this.index, indexKey(route.rule.interface, route.rule.member), route);
    if (removeFrom(this.routes, text, route)) this.connection?.request(removeMatch(text), this.timeout, () => {});
    route.leaveOwner();
  }

  private announce(connection: BusConnection, text: string): void {
    connection.request(addMatch(text), this.timeout, (reply) => {
      if (!('error' in reply) || !connection.isOpen) return;
      const error = matchRefused(text, reply.error);
      for (const { listener } of this.routes.get(text) ?? []) listener.refused(error);
    });
  }
}

function indexKey(name: string | undefined, member: string | undefined): string {
  return `${name ?? '*'} ${member ?? '*'}`;
}

function indexKeysOf(signal: Signal): readonly string[] {
  return [
    indexKey(signal.interface, signal.member),
    indexKey(signal.interface, undefined),
    indexKey(undefined, signal.member),
    indexKey(undefined, undefined),
  ];
}

/** @returns whether it is the first under its key */
function addTo(map: Map<string, Set<Route>>, key: string, route: Route): boolean {
  const routes = map.get(key);
  if (routes) {
    routes.add(route);
    return false;
  }
  map.set(key, new Set([route]));
  return true;
}

/** @returns whether it was the last under its key */
function removeFrom(map: Map<string, Set<Route>>, key: string, route: Route): boolean {
  const routes = map.get(key);
  if (!routes?.delete(route) || routes.size > 0) return false;
  map.delete(key);
  return true;
}
