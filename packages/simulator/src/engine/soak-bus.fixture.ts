import { once } from 'node:events';
import { interface as service, Message, sessionBus, type MessageBus } from 'dbus-next';
import { propertyOf, sensorName, sensorPath, signalInterface } from './soak-rules.fixture.js';

/** Sensors whose properties tell each of their changes. */
class Sensors extends service.Interface {
  readonly #values: Map<string, number>;

  constructor(properties: readonly string[]) {
    super(sensorName);
    this.#values = new Map(properties.map((property) => [property, 0]));
    for (const property of properties) {
      Object.defineProperty(this, property, { get: () => this.#values.get(property) });
    }
  }

  set(property: string, value: number): void {
    this.#values.set(property, value);
    service.Interface.emitPropertiesChanged(this, { [property]: value }, []);
  }
}

/**
 * What the rules of the soak watch: signals and the sensors. Both go through one connection, because the bus keeps the order
 * of what one sender sends.
 */
export class SoakBus {
  private constructor(
    private readonly bus: MessageBus,
    private readonly sensors: Sensors,
  ) {}

  static async connect(address: string, rulesOnSensors: readonly string[]): Promise<SoakBus> {
    const properties = rulesOnSensors.map(propertyOf);
    Sensors.configureMembers({
      properties: Object.fromEntries(
        properties.map((property) => [property, { signature: 'u', access: service.ACCESS_READ }]),
      ),
    });
    const sensors = new Sensors(properties);
    const bus = sessionBus({ busAddress: address });
    bus.on('error', () => undefined);
    await once(bus, 'connect');
    bus.export(sensorPath, sensors);
    await bus.requestName(sensorName, 0);
    return new SoakBus(bus, sensors);
  }

  signal(rule: string, number: number): void {
    const body = [rule, `${number}`, `${number % 5}`];
    this.bus.send(Message.newSignal('/soak', signalInterface, 'Tick', 'sss', body));
  }

  /** Sets what the rule's condition reads; 0 turns it off. */
  set(rule: string, value: number): void {
    this.sensors.set(propertyOf(rule), value);
  }

  close(): void {
    this.bus.disconnect();
  }
}
