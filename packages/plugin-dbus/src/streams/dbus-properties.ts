import { Clock, duration, stateStream, z, type Lost, type StateStream } from '@devicerc/core';
import type { Observable } from 'rxjs';
import { BusClient } from '../bus/bus-client.js';
import { busName, interfaceName, memberName, objectPath } from '../bus/names.js';
import { watchProperties, type Properties } from '../bus/property-watch.js';
import { singleTypeText, valueSchemaOf } from '../bus/value-schema.js';
import { systemBus } from '../system-bus.js';

const parameters = z
  .strictObject({
    destination: busName,
    path: objectPath,
    interface: interfaceName.optional().describe('Left out: the same as destination.'),
    properties: z
      .record(memberName, singleTypeText())
      .refine((properties) => Object.keys(properties).length > 0, 'Name at least one property.')
      .describe('Names of properties and their D-Bus types, as `busctl introspect` shows them: { NTP: b }.'),
    poll: duration().optional().describe('How often to read; for properties that change without a signal.'),
  })
  .refine(({ interface: name, destination }) => name !== undefined || interfaceName.safeParse(destination).success, {
    path: ['interface'],
    message: 'Name the interface: the destination is not the name of one.',
  });

type Parameters = z.output<typeof parameters>;

/** Properties of an object on the bus, with the types that the file gives them. */
@stateStream({
  name: 'dbus.properties',
  summary: 'Properties of an object on the system bus.',
  parameters,
  value: propertiesSchema,
  requires: [systemBus],
})
export class DbusProperties implements StateStream<Parameters, unknown> {
  constructor(
    private readonly bus: BusClient,
    private readonly clock: Clock,
  ) {}

  open(parameters: Parameters): Observable<Properties | Lost> {
    const { destination, path, interface: name = destination, properties, poll } = parameters;
    return watchProperties(this.bus, this.clock, {
      destination,
      path,
      interface: name,
      names: Object.keys(properties),
      schema: propertiesSchema(parameters),
      ...(poll && { poll }),
    });
  }
}

function propertiesSchema({ properties }: Parameters): z.ZodType<Properties> {
  return z.object(Object.fromEntries(Object.entries(properties).map(([name, type]) => [name, valueSchemaOf(type)])));
}
