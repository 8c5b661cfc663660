import { definePlugin } from '../plugins/plugin.js';
import { ChildProcesses } from './child-processes.js';
import { ClockStream } from './clock-stream.js';
import { CustomEvents } from './custom-events.js';
import { CustomStream } from './custom-stream.js';
import { DeviceStream } from './device-stream.js';
import { EmitAction } from './emit-action.js';
import { ExecAction } from './exec-action.js';
import { LifecycleEvents } from './lifecycle-events.js';
import { BootStream, StartStream, StopStream } from './lifecycle-streams.js';
import { LogAction } from './log-action.js';
import { ScheduleStream } from './schedule-stream.js';
import { WebhookAction } from './webhook-action.js';

/** The streams and actions that every file has. */
export const corePlugin = definePlugin({
  name: 'core',
  api: '^1.0.0',
  services: [CustomEvents, LifecycleEvents, ChildProcesses],
  streams: [DeviceStream, ClockStream, ScheduleStream, StartStream, StopStream, BootStream, CustomStream],
  actions: [LogAction, EmitAction, ExecAction, WebhookAction],
});
