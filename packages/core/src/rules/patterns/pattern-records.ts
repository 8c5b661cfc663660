import { Duration } from '../../clock/duration.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { JsonValue } from '../../ledger/ledger.js';
import type { RuleRuntime } from '../rule-runtime.js';

/** What one pattern has seen, by the key of the rule. */
export interface PatternRecords {
  restore(each: (key: string, record: JsonValue) => void): void;
  keep(key: string, record: JsonValue): void;
  forget(key: string): void;
}

/** What a pattern sees in less than this is not kept: after a restart it is over or comes again, and it would be written often. */
const shortest = Duration.parse('1m');

const nothing: PatternRecords = { restore: () => {}, keep: () => {}, forget: () => {} };

/**
 * @param place of the pattern in the rule
 * @param span of its window, pause or silence
 */
export function patternRecords(
  { ledger, seal, log }: Pick<RuleRuntime, 'ledger' | 'seal' | 'log'>,
  scope: string,
  place: string,
  span: Duration,
): PatternRecords {
  if (span.milliseconds < shortest.milliseconds) return nothing;
  const prefix = `${place} `;
  const remove = (name: string): void => {
    if (ledger.read(scope, name) !== undefined) ledger.remove(scope, name);
  };
  return {
    restore: (each) => {
      for (const [name, record] of ledger.entries(scope)) {
        if (!name.startsWith(prefix)) continue;
        try {
          each(seal.openText(name.slice(prefix.length)), record);
        } catch (error) {
          log.warn(`What ${place} had seen is forgotten: ${describeError(error).message}`);
          remove(name);
        }
      }
    },
    keep: (key, record) => ledger.write(scope, prefix + seal.sealText(key), record),
    forget: (key) => remove(prefix + seal.sealText(key)),
  };
}
