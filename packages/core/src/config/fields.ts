import { Duration } from '../clock/duration.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Findings } from './findings.js';
import {
  describeNode,
  type MappingEntry,
  type MappingNode,
  type ScalarNode,
  type SequenceNode,
  type SourceNode,
} from './source-node.js';

/**
 * Typed reading of one mapping. What is wrong is reported with its place, and reading goes on: a getter gives undefined
 * for a key that is missing as well as for one that is wrong.
 */
export class Fields {
  private constructor(
    readonly node: MappingNode,
    /** What the mapping is, in the words of a user: `a rule`. */
    readonly title: string,
    readonly findings: Findings,
  ) {}

  /** @param keys all keys that may stand here; others are reported */
  static read(node: SourceNode, title: string, keys: Iterable<string>, findings: Findings): Fields | undefined {
    if (node.kind !== 'mapping') {
      reportType(findings, title, 'a mapping', node);
      return undefined;
    }
    const known = new Set(keys);
    for (const entry of node.entries) {
      if (!known.has(entry.key)) reportUnknownKey(findings, entry, title, known);
    }
    return new Fields(node, title, findings);
  }

  entry(key: string): MappingEntry | undefined {
    return this.node.entries.find((entry) => entry.key === key);
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  get range(): SourceRange {
    return this.node.range;
  }

  /** The value, unless the key is missing or has none. */
  value(key: string): SourceNode | undefined {
    const entry = this.entry(key);
    if (!entry) return undefined;
    if (entry.value.kind === 'scalar' && entry.value.value === null) {
      this.findings.error(
        'VALUE_TYPE',
        `"${key}" has no value.`,
        entry.keyRange,
        'Give it a value, or remove the key.',
      );
      return undefined;
    }
    return entry.value;
  }

  require(key: string, place: SourceRange = this.range): boolean {
    if (this.has(key)) return true;
    this.findings.error('KEY_MISSING', `${capitalize(this.title)} needs "${key}".`, firstLine(place));
    return false;
  }

  /** Reports keys of which more than one stands here; the first is kept. */
  exclusive(keys: readonly string[]): MappingEntry | undefined {
    const [first, ...others] = this.node.entries.filter((entry) => keys.includes(entry.key));
    for (const other of others)
      this.conflict(other, `"${other.key}" and "${first!.key}" exclude each other in ${this.title}.`);
    return first;
  }

  exactlyOne(keys: readonly string[], place: SourceRange = this.range): MappingEntry | undefined {
    const found = this.exclusive(keys);
    if (!found) {
      const list = keys.map((key) => `"${key}"`).join(', ');
      const wanted = keys.length > 1 ? `exactly one of ${list}` : list;
      this.findings.error('KEY_MISSING', `${capitalize(this.title)} needs ${wanted}.`, firstLine(place));
    }
    return found;
  }

  /** Reports the keys that only make sense beside another one. */
  onlyWith(keys: readonly string[], wanted: string, holds: boolean): void {
    if (holds) return;
    for (const key of keys) {
      const entry = this.entry(key);
      if (entry) this.conflict(entry, `"${key}" only has a meaning ${wanted}.`);
    }
  }

  conflict(entry: MappingEntry, message: string): void {
    this.findings.error('KEY_CONFLICT', message, entry.keyRange);
  }

  text(key: string): string | undefined {
    const scalar = this.scalar(key);
    if (!scalar) return undefined;
    if (typeof scalar.value === 'string') return scalar.value;
    reportType(this.findings, `"${key}"`, 'a text', scalar, 'Put it in quotes.');
    return undefined;
  }

  boolean(key: string): boolean | undefined {
    const scalar = this.scalar(key);
    if (!scalar || typeof scalar.value === 'boolean') return scalar?.value as boolean | undefined;
    reportType(this.findings, `"${key}"`, 'true or false', scalar);
    return undefined;
  }

  number(key: string, { minimum, maximum = Number.MAX_SAFE_INTEGER, whole = true }: NumberBounds): number | undefined {
    const scalar = this.scalar(key);
    if (!scalar) return undefined;
    const value = scalar.value;
    if (typeof value !== 'number') {
      reportType(this.findings, `"${key}"`, whole ? 'a whole number' : 'a number', scalar);
    } else if (value < minimum || value > maximum || (whole && !Number.isInteger(value))) {
      const upper = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
      this.findings.error(
        'VALUE_INVALID',
        `"${key}" is ${value}; it takes a ${whole ? 'whole ' : ''}number from ${minimum}${upper}.`,
        scalar.range,
      );
    } else {
      return value;
    }
    return undefined;
  }

  choice<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
    const scalar = this.scalar(key);
    if (!scalar) return undefined;
    const found = choices.find((choice) => choice === scalar.value);
    if (found !== undefined) return found;
    const suggestion = didYouMean(String(scalar.value), choices);
    const hint = suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`;
    this.findings.error(
      'VALUE_INVALID',
      `"${key}" is ${describeNode(scalar)}; it takes ${choices.join(', ')}.${hint}`,
      scalar.range,
    );
    return undefined;
  }

  duration(key: string, { positive = false } = {}): Duration | undefined {
    const scalar = this.scalar(key);
    return scalar && readDuration(scalar, `"${key}"`, this.findings, positive);
  }

  list(key: string): SequenceNode | undefined {
    const value = this.value(key);
    if (!value || value.kind === 'sequence') return value;
    reportType(this.findings, `"${key}"`, 'a list', value, 'Begin each entry with "- ", on a line of its own.');
    return undefined;
  }

  mapping(key: string): MappingNode | undefined {
    const value = this.value(key);
    if (!value || value.kind === 'mapping') return value;
    reportType(this.findings, `"${key}"`, 'a mapping', value);
    return undefined;
  }

  scalar(key: string): ScalarNode | undefined {
    const value = this.value(key);
    if (!value || value.kind === 'scalar') return value;
    reportType(this.findings, `"${key}"`, 'a single value', value);
    return undefined;
  }
}

export interface NumberBounds {
  readonly minimum: number;
  readonly maximum?: number;
  readonly whole?: boolean;
}

export function readDuration(
  node: ScalarNode,
  title: string,
  findings: Findings,
  positive = false,
): Duration | undefined {
  let duration: Duration;
  try {
    if (typeof node.value !== 'string') throw new TypeError();
    duration = Duration.parse(node.value);
  } catch {
    findings.error(
      'DURATION_MALFORMED',
      `${capitalize(title)} is ${describeNode(node)}, which is not a duration.`,
      node.range,
    );
    return undefined;
  }
  if (!positive || duration.milliseconds > 0) return duration;
  findings.error('VALUE_INVALID', `${capitalize(title)} is ${duration.toString()}; it has to be longer.`, node.range);
  return undefined;
}

export function reportType(
  findings: Findings,
  title: string,
  wanted: string,
  found: SourceNode,
  remedy?: string,
): void {
  findings.error(
    'VALUE_TYPE',
    `${capitalize(title)} is ${describeNode(found)}; it takes ${wanted}.`,
    firstLine(found.range),
    remedy,
  );
}

function reportUnknownKey(findings: Findings, entry: MappingEntry, title: string, known: Iterable<string>): void {
  const suggestion = didYouMean(entry.key, known);
  const hint = suggestion === undefined ? `Known are: ${[...known].join(', ')}.` : `Did you mean "${suggestion}"?`;
  findings.error('KEY_UNKNOWN', `"${entry.key}" is not a key of ${title}. ${hint}`, entry.keyRange);
}

/** A mapping may be long: what is wrong with it as a whole is shown where it begins. */
export function firstLine(range: SourceRange): SourceRange {
  return range.start.line === range.end.line ? range : { ...range, end: range.start };
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
