import { Duration } from '../../clock/duration.js';
import type { JsonValue, Ledger } from '../../ledger/ledger.js';

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
export function patternRecords(ledger: Ledger, scope: string, place: string, span: Duration): PatternRecords {
  if (span.milliseconds < shortest.milliseconds) return nothing;
  const prefix = `${place} `;
  return {
    restore: (each) => {
      for (const [name, record] of ledger.entries(scope)) {
        if (name.startsWith(prefix)) each(name.slice(prefix.length), record);
      }
    },
    keep: (key, record) => ledger.write(scope, prefix + key, record),
    forget: (key) => {
      if (ledger.read(scope, prefix + key) !== undefined) ledger.remove(scope, prefix + key);
    },
  };
}
