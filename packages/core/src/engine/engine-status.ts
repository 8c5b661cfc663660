import type { BootEvent } from '../builtin/lifecycle-events.js';
import type { Durability } from '../ledger/ledger.js';
import type { RuleStatus } from '../rules/rule-status.js';
import type { StreamStatus } from '../streams/stream-hub.js';
import type { IntentRecord } from './boot-safety/intent-record.js';
import type { SafeModeStatus } from './boot-safety/safe-mode.js';

/** Everything that `devicerc status` shows. Points in time are boottime in milliseconds. */
export interface EngineStatus {
  readonly state: 'loaded' | 'running' | 'stopped';
  readonly file: string;
  readonly startedAt?: number;
  /** When this was said. */
  readonly now: number;
  /** Whether timers and limits outlive the process; if not, why. */
  readonly durability: Durability;
  /** The present boot of the machine, and how the one before it ended; missing before the start. */
  readonly boot?: BootEvent;
  readonly safeMode: SafeModeStatus;
  /** The last calls that were to reboot or shut down the machine, and what became of them; the latest last. */
  readonly disruptions: readonly IntentRecord[];
  /** Now, in milliseconds of device time. */
  readonly deviceTime: number;
  readonly rules: readonly RuleStatus[];
  readonly streams: readonly StreamStatus[];
  /** Notifications that wait for the network; `devicerc outbox` lists them. */
  readonly notificationsWaiting: number;
  readonly plugins: readonly string[];
  readonly pluginFaults: readonly { readonly plugin: string; readonly code: string; readonly message: string }[];
  /** Why the black box is not written; missing while it is, or when there is no state folder. */
  readonly blackBoxFault?: string;
}
