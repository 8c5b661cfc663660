import { RealClock } from '../clock/real-clock.js';
import { askEngine, type Question } from '../engine/control/control-client.js';
import { runtimeFolder } from '../engine/control/runtime-folder.js';
import { ProcessHost } from '../host/process-host.js';

/**
 * Asks the engine that runs on this machine.
 * @throws DeviceError `ENGINE_NOT_RUNNING`, `CONTROL_…`, or what the engine answers
 */
export async function ask<Answer>(question: Question): Promise<Answer> {
  const clock = new RealClock();
  try {
    return (await askEngine(runtimeFolder(new ProcessHost()), clock, question)) as Answer;
  } finally {
    clock.dispose();
  }
}
