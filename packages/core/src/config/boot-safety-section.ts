import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { bootSafetyKeys, keysOf } from './grammar.js';
import type { BootSafetyModel } from './rule-model.js';
import type { MappingEntry } from './source-node.js';

/** @param entries the section of each file that has one: only one may */
export function readBootSafety([entry, ...others]: readonly MappingEntry[], findings: Findings): BootSafetyModel {
  for (const { keyRange } of others) {
    findings.error(
      'NAME_TAKEN',
      `"boot-safety" is already in ${entry!.keyRange.file}.`,
      keyRange,
      'Remove one of them.',
    );
  }
  const fields = entry && Fields.read(entry.value, '"boot-safety"', keysOf(bootSafetyKeys), findings);
  return { withoutRecord: fields?.choice('without-record', ['refuse', 'allow']) ?? 'refuse' };
}
