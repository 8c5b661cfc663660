import type { DeviceError } from '@devicerc/core';
import { busError } from '../errors.js';
import { theBus, type MethodCall, type Signal } from './message.js';

/** Which signals to receive (D-Bus specification, "Match Rules"); what is left out matches everything. */
export interface MatchRule {
  /** A unique name, or a well-known one: then it stands for whoever owns it at the time. */
  readonly sender?: string;
  readonly path?: string;
  /** This path and all below it. */
  readonly pathNamespace?: string;
  readonly interface?: string;
  readonly member?: string;
  /** Values of arguments that are texts, by their number, from 0 to 63. */
  readonly args?: Readonly<Record<number, string>>;
}

/** The rule as the bus takes it; equal rules give equal texts. */
export function matchRuleText(rule: MatchRule): string {
  const parts: [string, string | undefined][] = [
    ['type', 'signal'],
    ['sender', rule.sender],
    ['path', rule.path],
    ['path_namespace', rule.pathNamespace],
    ['interface', rule.interface],
    ['member', rule.member],
  ];
  for (const [index, value] of Object.entries(rule.args ?? {})) parts.push([`arg${index}`, value]);
  return parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quote(value)}`])).join(',');
}

/** Within quotes there is no escape; an apostrophe is written outside of them. */
function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

export function addMatch(text: string): MethodCall {
  return { ...theBus, member: 'AddMatch', signature: 's', args: [text] };
}

export function removeMatch(text: string): MethodCall {
  return { ...theBus, member: 'RemoveMatch', signature: 's', args: [text] };
}

export function matchRefused(text: string, cause: DeviceError): DeviceError {
  return busError('DBUS_MATCH_REFUSED', `The bus refused the match rule ${text}. ${cause.message}`, { cause });
}

/** Whether the signal is one that the rule asks for, given who owns the sender's name. */
export function matches(rule: MatchRule, signal: Signal, ownerOf: (name: string) => string | undefined): boolean {
  if (rule.interface !== undefined && rule.interface !== signal.interface) return false;
  if (rule.member !== undefined && rule.member !== signal.member) return false;
  if (rule.path !== undefined && rule.path !== signal.path) return false;
  if (rule.pathNamespace !== undefined && !isWithin(signal.path, rule.pathNamespace)) return false;
  if (rule.sender !== undefined && rule.sender !== signal.sender && ownerOf(rule.sender) !== signal.sender)
    return false;
  for (const index in rule.args) if (signal.args[Number(index)] !== rule.args[Number(index)]) return false;
  return true;
}

export function isWithin(path: string, namespace: string): boolean {
  return path === namespace || namespace === '/' || path.startsWith(`${namespace}/`);
}

/** A name that its owner chose, and that may change hands. */
export function isWellKnown(name: string): boolean {
  return !name.startsWith(':') && name !== theBus.destination;
}
