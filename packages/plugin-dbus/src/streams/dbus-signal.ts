import { eventStream, z, type EventStream, type Interest } from '@devicerc/core';
import { map, type Observable } from 'rxjs';
import { BusClient } from '../bus/bus-client.js';
import { isWithin, type MatchRule } from '../bus/match-rule.js';
import type { Signal } from '../bus/message.js';
import { busName, interfaceName, memberName, objectPath } from '../bus/names.js';
import { systemBus } from '../system-bus.js';

const parameters = z.strictObject({
  sender: busName.optional().describe('Only from the owner of this name.'),
  'path-namespace': objectPath.optional().describe('Only from this object and those below it.'),
  args: z
    .record(
      z.string().regex(/^(?:[1-9]|[1-5]\d|6[0-3])$/, 'Write the number of an argument, from 1 to 63.'),
      z.string(),
    )
    .optional()
    .describe('Values of further arguments that are texts, by number: { 2: mounted }. The first one is arg0.'),
});

const match = z.strictObject({
  path: objectPath.optional(),
  interface: interfaceName.optional(),
  member: memberName.optional(),
  arg0: z.string().optional(),
});

const event = z.object({
  sender: z.string().describe('Unique name of the sender, such as :1.7'),
  path: z.string(),
  interface: z.string(),
  member: z.string(),
  signature: z.string().describe('D-Bus types of args'),
  args: z.array(z.unknown()),
  arg0: z.string().optional().describe('The first argument, where it is a text'),
});

type Parameters = z.output<typeof parameters>;
type Match = z.output<typeof match>;

/** A bus allows 512 rules for each connection by default (dbus-daemon(1), max_match_rules_per_connection). */
const mostRules = 100;

/** Signals on the system bus. Each pattern becomes a match rule at the bus, so that no other signal wakes the process. */
@eventStream({
  name: 'dbus.signal',
  summary: 'A signal was sent on the system bus.',
  parameters,
  match,
  value: event,
  requires: [systemBus],
})
export class DbusSignal implements EventStream<Parameters, z.output<typeof event>, Match> {
  constructor(private readonly bus: BusClient) {}

  open(parameters: Parameters, interest: Interest<Match>): Observable<z.output<typeof event>> {
    const base = baseRule(parameters);
    return this.bus.signalsOf(interest.pipe(map((patterns) => narrowRules(base, patterns)))).pipe(map(eventOf));
  }

  catchUp(): Promise<void> {
    return this.bus.caughtUp();
  }
}

function baseRule({ sender, 'path-namespace': pathNamespace, args }: Parameters): MatchRule {
  return {
    ...(sender !== undefined && { sender }),
    ...(pathNamespace !== undefined && { pathNamespace }),
    ...(args !== undefined && { args }),
  };
}

/** One rule for each pattern; the plain one for all of them when there are too many, or one wants everything anyway. */
function narrowRules(base: MatchRule, patterns: readonly Partial<Match>[]): readonly MatchRule[] {
  if (patterns.length > mostRules || patterns.some((pattern) => Object.keys(pattern).length === 0)) return [base];
  return patterns.flatMap((pattern) => narrowRule(base, pattern));
}

/** A rule holds either a path or a namespace of paths (D-Bus specification, "Match Rules"); none when they exclude each other. */
function narrowRule(base: MatchRule, { arg0, ...names }: Partial<Match>): readonly MatchRule[] {
  const { pathNamespace, ...rest } = base;
  const args = arg0 === undefined ? base.args : { ...base.args, 0: arg0 };
  const rule = { ...rest, ...names, ...(args && { args }) } as MatchRule;
  if (pathNamespace === undefined) return [rule];
  if (rule.path === undefined) return [{ ...rule, pathNamespace }];
  return isWithin(rule.path, pathNamespace) ? [rule] : [];
}

function eventOf({ sender, path, interface: name, member, signature, args }: Signal): z.output<typeof event> {
  const [arg0] = args;
  const text = typeof arg0 === 'string' ? { arg0 } : {};
  return { sender, path, interface: name, member, signature, args: args as unknown[], ...text };
}
