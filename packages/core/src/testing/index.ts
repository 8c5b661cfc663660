/** For the tests of plugins: their rules against doubles, their streams and actions against their own schemas. */
import 'reflect-metadata';

export { eventually, type Patience } from '../clock/eventually.js';
export { RecordingLogger, type LoggedLine } from '../diagnostics/recording-logger.js';
export { playRules, type RulesOutcome } from './play-rules.js';
export { callAction, type CallOptions, type InputFor, type OutputOf } from './call-action.js';
export { FakeHost, type FakeHostOptions } from './fake-host.js';
export { startPlugin, type Dependency, type PluginTestOptions } from './start-plugin.js';
export type { StartedPlugin } from './started-plugin.js';
export { StreamProbe, type TestClock } from './stream-probe.js';
export { TestPorts } from './test-ports.js';
