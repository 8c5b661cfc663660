import type { EventEmitter } from 'node:events';
import type { Logger } from '../diagnostics/logger.js';
import { describeError } from '../diagnostics/user-message.js';

export interface FaultPolicy {
  readonly log: Logger;
  /** The plugin whose code a stack trace passes through first, if any. */
  readonly pluginOf: (stack: string) => string | undefined;
  /** The engine's own fault: its state can no longer be trusted, and a restart helps. */
  readonly onEngineFault: () => void;
}

/**
 * What happens to an error that nobody caught: a plugin's is logged with its name and everything goes on; one of the
 * engine itself ends the process, so that the container is restarted.
 * @returns ends the policy
 */
export function installFaultPolicy(process: EventEmitter, { log, pluginOf, onEngineFault }: FaultPolicy): () => void {
  const onFault = (error: unknown): void => {
    const { code, message } = describeError(error);
    const plugin = pluginOf((error instanceof Error && error.stack) || '');
    if (plugin !== undefined) {
      log.error(`An error of the plugin was caught by nobody: ${message}`, { plugin, code });
      return;
    }
    log.error(`The engine is at fault and has to start again: ${message}`, { code });
    onEngineFault();
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  return () => {
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  };
}
