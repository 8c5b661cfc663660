import { action, type Action } from '../actions/action.js';
import { customEvent, type CustomEvent, CustomEvents } from './custom-events.js';

@action({
  name: 'emit',
  summary: 'Emits an event that rules read back with the stream `custom`.',
  effects: [],
  input: customEvent,
})
export class EmitAction implements Action<CustomEvent, void> {
  constructor(private readonly events: CustomEvents) {}

  async run({ event, data }: CustomEvent): Promise<void> {
    this.events.emit(event, data);
  }
}
