/** For the tests of plugins: their rules against doubles, their streams and actions against their own schemas. */
import 'reflect-metadata';

export { playRules, type RulesOutcome } from './play-rules.js';
export { callAction } from './call-action.js';
export { StreamProbe } from './stream-probe.js';
