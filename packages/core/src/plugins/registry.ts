import type { ActionDescription } from '../actions/action.js';
import type { PowerControlDescription } from '../actions/power-control.js';
import type { StreamDescription } from '../streams/stream.js';

/** What the loaded plugins offer, before anything is opened: enough to check a file and to write its JSON Schema. */
export interface Registry {
  readonly streams: ReadonlyMap<string, Registered<StreamDescription>>;
  readonly actions: ReadonlyMap<string, Registered<ActionDescription>>;
  readonly powerControls: ReadonlyMap<string, Registered<PowerControlDescription>>;
}

export interface Registered<Description> {
  readonly description: Description;
  /** Name of the plugin that brought it; `core` for the built-in ones. */
  readonly plugin: string;
}
