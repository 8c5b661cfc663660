import type { ServiceIdentifier } from 'inversify';
import type { Logger } from '../diagnostics/logger.js';

/** What a plugin may inject that is made for it alone, since it has to know whom it serves. */
export type PluginPorts = (plugin: string, log: Logger) => Iterable<readonly [ServiceIdentifier, unknown]>;

/** The token under which the container of the engine holds it. */
export const PluginPorts = Symbol('devicerc.PluginPorts');
