import type { Clock } from '../../clock/clock.js';
import type { Logger } from '../../diagnostics/logger.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { HostEnvironment } from '../../host/host-environment.js';
import type { Engine } from '../engine.js';
import type { SecretMask } from '../secret-mask.js';
import { ControlCommands } from './control-commands.js';
import { ControlServer } from './control-server.js';
import { runtimeFolder } from './runtime-folder.js';

interface ControlOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly host: HostEnvironment;
  readonly mask: SecretMask;
  readonly log: Logger;
}

/** Opens the control socket of an engine. Without one the rules run all the same: that is said, and nothing is returned. */
export async function openControl({
  engine,
  clock,
  host,
  mask,
  log,
}: ControlOptions): Promise<ControlServer | undefined> {
  const commands = new ControlCommands(engine, mask);
  try {
    return await ControlServer.open({
      folder: runtimeFolder(host),
      clock,
      answer: (request) => commands.answer(request),
    });
  } catch (error) {
    const { code, message, remedy } = describeError(error);
    log.warn(`${message} The rules run without it.`, { code, remedy });
    return undefined;
  }
}
