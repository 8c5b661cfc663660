import { lost, stateStream, z, type Lost, type StateStream } from '@devicerc/core';
import { map, of, switchMap, type Observable } from 'rxjs';
import { BusClient } from '../bus/bus-client.js';
import { busName } from '../bus/names.js';
import { systemBus } from '../system-bus.js';

const parameters = z.strictObject({
  name: busName.describe('The name to watch, such as org.freedesktop.NetworkManager.'),
});

const state = z.object({
  owned: z.boolean().describe('Whether a service owns the name now'),
  owner: z.string().describe('Unique name of the owner; empty when nobody owns it'),
});

/** Whether a service is on the bus. */
@stateStream({
  name: 'dbus.name',
  summary: 'Whether a name on the system bus is owned, and by whom.',
  parameters,
  value: state,
  requires: [systemBus],
})
export class DbusName implements StateStream<z.output<typeof parameters>, z.output<typeof state>> {
  constructor(private readonly bus: BusClient) {}

  open({ name }: z.output<typeof parameters>): Observable<z.output<typeof state> | Lost> {
    return this.bus.availability.pipe(
      switchMap((availability) =>
        availability.available
          ? this.bus.nameOwner(name).pipe(map((owner) => ({ owned: owner !== undefined, owner: owner ?? '' })))
          : of(lost(availability.reason)),
      ),
    );
  }
}
