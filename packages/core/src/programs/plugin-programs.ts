import type { ChildProcesses } from './child-processes.js';
import { Programs, type ProgramCall, type ProgramResult } from './programs.js';

/** The programs of one plugin: what outlives the engine is known for its own. */
export class PluginPrograms extends Programs {
  constructor(
    private readonly plugin: string,
    private readonly processes: ChildProcesses,
  ) {
    super();
  }

  override run(call: ProgramCall): Promise<ProgramResult> {
    return this.processes.run(call, call.caller ?? { plugin: this.plugin });
  }
}
