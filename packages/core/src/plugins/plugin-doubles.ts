import type { Action, ActionDescription } from '../actions/action.js';
import type { EventStream, StateStream, StreamDescription } from '../streams/stream.js';

/** Stands in for what plugins bring, so that nothing of them touches the outside: no service of theirs is started. */
export interface PluginDoubles {
  /** @param own makes the plugin's own stream, for those that touch nothing */
  stream(description: StreamDescription, own: () => EventStream | StateStream): EventStream | StateStream;

  /** @param own makes the plugin's own action, for those that touch nothing */
  action(description: ActionDescription, own: () => Action): Action;
}
