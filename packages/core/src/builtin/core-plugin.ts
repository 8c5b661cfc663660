import { definePlugin } from '../plugins/plugin.js';
import { ClockStream } from './clock-stream.js';
import { CustomStream } from './custom-stream.js';
import { DeviceReboot, DeviceShutdown } from './device-power.js';
import { DeviceStream } from './device-stream.js';
import { EmitAction } from './emit-action.js';
import { ExecAction } from './exec-action.js';
import { BootStream, StartStream, StopStream } from './lifecycle-streams.js';
import { LogAction } from './log-action.js';
import { RuleStream } from './rule-stream.js';
import { ScheduleRecords } from './schedule-records.js';
import { ScheduleStream } from './schedule-stream.js';
import { WebhookAction } from './webhook-action.js';

/** The streams and actions that every file has. The engine itself provides CustomEvents, RuleEvents and LifecycleEvents: they outlive a reload. */
export const corePlugin = definePlugin({
  name: 'core',
  api: '^1.0.0',
  services: [ScheduleRecords],
  streams: [DeviceStream, ClockStream, ScheduleStream, StartStream, StopStream, BootStream, RuleStream, CustomStream],
  actions: [DeviceReboot, DeviceShutdown, LogAction, EmitAction, ExecAction, WebhookAction],
});
