import type { RuleStatus } from '../../rules/rule-status.js';
import type { StreamStatus } from '../../streams/stream-hub.js';
import { boundedText } from '../black-box/bounded-text.js';
import type { EngineStatus } from '../engine-status.js';
import type { SecretMask } from '../secret-mask.js';

/** Keys of one rule that are listed; the rest is counted. */
const listedKeys = 20;
/** Characters of a value or of parameters that are shown. */
const textLength = 500;

/** A status in bounded size: a rule may have a thousand keys, and a reading may be large. */
export interface StatusReport extends Omit<EngineStatus, 'rules' | 'streams'> {
  readonly rules: readonly (RuleStatus & { readonly keysLeftOut?: number })[];
  readonly streams: readonly StreamReport[];
}

export interface StreamReport extends Omit<StreamStatus, 'parameters' | 'reading'> {
  readonly parameters: string;
  readonly quality?: string;
  /** Boottime in milliseconds since when the quality is what it is. */
  readonly since?: number;
  readonly reason?: string;
  readonly value?: string;
}

export function statusReport(status: EngineStatus, mask: SecretMask): StatusReport {
  const keys = new Map<string, number>();
  const rules = status.rules.filter(({ rule, key }) => {
    const listed = keys.get(rule) ?? 0;
    if (key !== undefined) keys.set(rule, listed + 1);
    return key === undefined || listed < listedKeys;
  });
  return {
    ...status,
    rules: rules.map((rule) => {
      const leftOut = rule.key === undefined ? (keys.get(rule.rule) ?? 0) - listedKeys : 0;
      return leftOut > 0 ? { ...rule, keysLeftOut: leftOut } : rule;
    }),
    streams: status.streams.map((stream) => streamReport(stream, mask)),
  };
}

function streamReport({ parameters, reading, ...stream }: StreamStatus, mask: SecretMask): StreamReport {
  return {
    ...stream,
    parameters: boundedText(parameters, textLength, mask),
    ...(reading && {
      quality: reading.quality,
      since: reading.since,
      ...(reading.reason !== undefined && { reason: reading.reason }),
      ...(reading.value !== undefined && { value: boundedText(reading.value, textLength, mask) }),
    }),
  };
}
