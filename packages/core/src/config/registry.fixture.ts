import type { ActionDescription, Effect } from '../actions/action.js';
import { HostEnvironment } from '../host/host-environment.js';
import type { Registry } from '../plugins/registry.js';
import { duration, dynamic, z } from '../schemas/schema.js';
import type { StreamDescription } from '../streams/stream.js';

/** Streams and actions shaped like those of the core and of the device plugins. */
export const registry: Registry = {
  streams: byName(streams()),
  actions: byName(actions()),
  powerControls: byName([{ name: 'fixture', summary: 'A control.', rank: 1, unreachable: [] }]),
};

export class FixtureHost extends HostEnvironment {
  override readonly procPath = '/proc';
  override readonly sysPath = '/sys';

  constructor(
    override readonly variables: Readonly<Record<string, string | undefined>> = {
      DEVICERC_SECRET_HOOK: 'https://hooks.example/1',
    },
    override readonly rootPath = '/nonexistent',
  ) {
    super();
  }
}

function byName<Description extends { readonly name: string }>(
  descriptions: readonly Description[],
): Map<string, { description: Description; plugin: string }> {
  return new Map(descriptions.map((description) => [description.name, { description, plugin: 'fixture' }]));
}

function streams(): StreamDescription[] {
  const state = (name: string, value: StreamDescription['value'], parameters?: z.ZodType): StreamDescription => ({
    name,
    kind: 'state',
    summary: `State of ${name}.`,
    value,
    ...(parameters && { parameters }),
  });
  const event = (name: string, value: z.ZodType, match?: z.ZodObject, parameters?: z.ZodType): StreamDescription => ({
    name,
    kind: 'event',
    summary: `Events of ${name}.`,
    value,
    ...(match && { match }),
    ...(parameters && { parameters }),
  });
  const signatureTypes: Record<string, z.ZodType> = { b: z.boolean(), s: z.string(), u: z.number() };
  const propertiesParameters = z.strictObject({
    destination: z.string().min(1),
    path: z.string().startsWith('/'),
    interface: z.string().optional(),
    properties: z.record(z.string(), z.enum(['b', 's', 'u'])),
    poll: duration().optional(),
  });
  return [
    state(
      'device',
      z.object({
        uptime: duration(),
        hostname: z.string(),
        temperature: z.number().optional(),
        memory: z.object({ available: z.number() }),
      }),
    ),
    state('clock', z.object({ synchronized: z.boolean() })),
    state('network', z.object({ connectivity: z.string() })),
    state('maintenance', z.object({ open: z.boolean() })),
    state('recorder', z.object({ busy: z.boolean() })),
    state(
      'dbus.properties',
      ((parameters: z.output<typeof propertiesParameters>) =>
        z.object(
          Object.fromEntries(
            Object.entries(parameters.properties).map(([name, signature]) => [name, signatureTypes[signature]!]),
          ),
        )) as StreamDescription['value'],
      propertiesParameters,
    ),
    event('custom', z.object({ event: z.string(), data: dynamic() }), z.object({ event: z.string().optional() })),
    event(
      'schedule',
      z.object({ at: z.string() }),
      undefined,
      z.union([z.strictObject({ cron: z.string() }), z.strictObject({ every: duration() })]),
    ),
    event('start', z.object({ reason: z.string() })),
    event(
      'udev',
      z.object({
        subsystem: z.string(),
        action: z.string(),
        devtype: z.string().optional(),
        properties: z.record(z.string(), z.string()),
      }),
      z.object({
        subsystem: z.string().optional(),
        action: z.enum(['add', 'remove', 'change']).optional(),
        devtype: z.string().optional(),
      }),
      z.object({ coldplug: z.boolean().default(false) }),
    ),
    event(
      'dbus.signal',
      z.object({ member: z.string(), body: z.array(z.unknown()) }),
      z.object({ interface: z.string().optional(), member: z.string().optional() }),
      z.object({ sender: z.string().optional() }),
    ),
  ];
}

function actions(): ActionDescription[] {
  const action = (
    name: string,
    effects: readonly Effect[],
    input: z.ZodType,
    output?: z.ZodType,
    holds = false,
  ): ActionDescription => ({
    name,
    summary: `Does ${name}.`,
    effects,
    input,
    ...(output && { output }),
    holds,
  });
  return [
    action(
      'log',
      [],
      z.object({
        message: z.string(),
        level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
        fields: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    action(
      'exec',
      ['exec'],
      z.object({ command: z.array(z.string()).min(1), env: z.record(z.string(), z.string()).optional() }),
      z.object({ code: z.number(), stdout: z.string() }),
      true,
    ),
    action(
      'notify.webhook',
      ['notify'],
      z.object({ url: z.string(), method: z.string().optional(), body: z.unknown().optional() }),
    ),
    action('emit', [], z.object({ event: z.string(), data: z.unknown().optional() })),
    action('supervisor.reboot', ['reboot'], z.object({ force: z.boolean().optional() })),
    action('supervisor.update-lock', [], z.object({}), undefined, true),
    action('host.reboot', ['reboot'], z.object({})),
    action('network.reconnect', ['network'], z.object({})),
    action('systemd.restart', ['restart-service'], z.object({ unit: z.string() })),
    action(
      'storage.mount',
      ['mount'],
      z.object({ uuid: z.string(), options: z.array(z.string()).optional() }),
      z.object({ label: z.string(), target: z.string() }),
    ),
    action('storage.unmount', ['mount'], z.object({ target: z.string() })),
  ];
}
