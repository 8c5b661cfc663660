/** The contract for plugins and for programs that embed the engine. Everything else is inside and may change. */
import 'reflect-metadata';

export { Clock, type Gap, type Timer, type WallTime } from './clock/clock.js';
export { RealClock } from './clock/real-clock.js';
export { ScaledClock } from './clock/scaled-clock.js';
export { VirtualClock } from './clock/virtual-clock.js';
export { clockScheduler } from './clock/clock-scheduler.js';
export { Duration } from './clock/duration.js';
export type { Diagnostic, Position, Severity, SourceRange } from './diagnostics/diagnostic.js';
export {
  DeviceError,
  DiagnosticsError,
  errorsOf,
  type ErrorDetails,
  type ErrorEntry,
  type ErrorFactory,
  type ErrorTable,
} from './diagnostics/device-error.js';
export { Logger, type LogFields, type LogLevel } from './diagnostics/logger.js';
export { Secrets } from './diagnostics/secrets.js';
export { ContainerFacts } from './host/container-facts.js';
export { HostEnvironment } from './host/host-environment.js';
export type { ProbeResult, Requirement, RequirementUse } from './host/requirement.js';
export { FieldSet, type FieldPath } from './schemas/field-set.js';
export { byteSize, duration, dynamic, timestamp, z } from './schemas/schema.js';
export type { Written } from './schemas/written.js';
export { combineFields, type FieldSources } from './streams/combine-fields.js';
export { lost, Lost, partly, Partly, stale, Stale, type Quality, type Reading } from './streams/reading.js';
export { Poller, type PollOptions } from './streams/poller.js';
export {
  eventStream,
  stateStream,
  type EventStream,
  type Interest,
  type StateInterest,
  type StateStream,
} from './streams/stream.js';
export type { MatchOf, ParametersFor, StreamClass, ValueOf } from './streams/stream-class.js';
export {
  StreamHub,
  type EventOccurrence,
  type EventSelector,
  type StateSource,
  type StreamReference,
} from './streams/stream-hub.js';
export { action, type Action, type ActionContext, type Effect } from './actions/action.js';
export { HttpAnswer, HttpClient, type HttpRequest } from './network/http-client.js';
export { PluginStore, type Table, type TableOptions } from './ledger/plugin-store.js';
export { Programs, type ProgramCall, type ProgramResult } from './programs/programs.js';
export { NetworkReach, type Reach } from './network/network-reach.js';
export {
  PowerControl,
  powerControl,
  type PowerControlAvailability,
  type PowerControlDescription,
} from './actions/power-control.js';
export {
  definePlugin,
  pluginApiVersion,
  PluginOptions,
  type PluginDefinition,
  type ServiceLifecycle,
} from './plugins/plugin.js';
export { streamOf, type StreamOf } from './plugins/stream-injection.js';
export { ClockStream } from './builtin/clock-stream.js';
export { CustomStream } from './builtin/custom-stream.js';
export { DeviceStream } from './builtin/device-stream.js';
export { BootStream, StartStream, StopStream } from './builtin/lifecycle-streams.js';
export { RuleStream } from './builtin/rule-stream.js';
export { ScheduleStream } from './builtin/schedule-stream.js';
export {
  EngineView,
  type EngineChange,
  type ListedRun,
  type StatusAnswer,
  type TraceAnswer,
  type TracesAnswer,
  type WhyAnswer,
} from './engine/engine-view.js';
