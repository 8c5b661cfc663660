import { PowerAttempts } from '../actions/power-attempts.js';
import type { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LoadedPlugins } from '../plugins/loaded-plugin.js';
import type { StreamStatus } from '../streams/stream-hub.js';
import type { ShownEngine } from './masked-view.js';

interface IdleParts {
  readonly file: string;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly plugins: LoadedPlugins;
  readonly streams: () => readonly StreamStatus[];
}

/** What plugins are shown where they are started with no engine around them: a file that is loaded, and no rule that runs. */
export function idleEngine({ file, clock, ledger, plugins, streams }: IdleParts): ShownEngine {
  return {
    status: () => ({
      state: 'loaded',
      file,
      now: clock.boottime(),
      deviceTime: ledger.deviceTime(),
      durability: ledger.durability,
      safeMode: { active: false },
      disruptions: [],
      rules: [],
      streams: streams(),
      notificationsWaiting: 0,
      plugins: plugins.plugins.map(({ definition }) => definition.name),
      pluginFaults: [],
    }),
    explain: (rule) => {
      throw coreError('ENGINE_NOT_READY', `No rule runs here, neither does ${rule}.`);
    },
    traces: () => [],
    trace: (id) => {
      throw coreError('RUN_UNKNOWN', `There was no run yet, and none with the id "${id}".`);
    },
    tracesDropped: 0,
    intents: () => [],
  };
}

/** Where no engine runs, nobody may take the machine down. */
export class NoPowerAttempts extends PowerAttempts {
  override spent(): readonly string[] {
    return [];
  }

  override begin(_call: string, control: string): Promise<void> {
    return Promise.reject(coreError('ENGINE_NOT_READY', `${control} is not asked: no rule runs here.`));
  }

  override refused(): void {}
}
