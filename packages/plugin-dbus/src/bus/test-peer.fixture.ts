import { once } from 'node:events';
import { Message, MessageType, sessionBus, type MessageBus } from 'dbus-next';
import { theBus } from './message.js';

export interface Answer {
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly error?: string;
}

/** Another program on the bus: owns a name, answers calls and sends signals, through the library's own service side. */
export class TestPeer {
  readonly calls: Message[] = [];

  private constructor(
    private readonly bus: MessageBus,
    private readonly name: string,
  ) {}

  /** `answer` gets each call; without an answer the caller waits for good. */
  static async join(
    socket: string,
    name: string,
    answer: (call: Message) => Answer | undefined = () => ({}),
  ): Promise<TestPeer> {
    const bus = sessionBus({ busAddress: `unix:socket=${socket}` });
    const peer = new TestPeer(bus, name);
    bus.on('error', () => {});
    await once(bus, 'connect');
    bus.addMethodHandler((call: Message) => {
      peer.calls.push(call);
      peer.reply(call, answer(call));
      return true;
    });
    await peer.own(name);
    return peer;
  }

  async own(name: string): Promise<void> {
    const doNotQueue = 4;
    await this.bus.requestName(name, doNotQueue);
  }

  async disown(): Promise<void> {
    await this.bus.releaseName(this.name);
  }

  emit(path: string, interfaceName: string, member: string, signature = '', body: readonly unknown[] = []): void {
    this.bus.send(Message.newSignal(path, interfaceName, member, signature, [...body]));
  }

  /** Resolves when the bus has all that was sent before. */
  async settled(): Promise<void> {
    await this.bus.call(new Message({ ...theBus, member: 'GetId' }));
  }

  get uniqueName(): string {
    return (this.bus as unknown as { name: string }).name;
  }

  leave(): void {
    this.bus.disconnect();
  }

  private reply(call: Message, answer: Answer | undefined): void {
    if (!answer) return;
    const { signature = '', body = [], error } = answer;
    const message = error
      ? Message.newError(call as never, error, String(body[0] ?? ''))
      : Message.newMethodReturn(call, signature, [...body]);
    if (call.type === MessageType.METHOD_CALL) this.bus.send(message);
  }
}
