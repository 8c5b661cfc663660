import { valueTypeOf } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';
import { commonType } from './event-type.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields, reportType } from './fields.js';
import { combinators, keysOf, patternOptions } from './grammar.js';
import type { EventPattern, PatternModel } from './rule-model.js';
import { Scope } from './scope.js';
import type { MappingEntry, SourceNode } from './source-node.js';
import type { Streams } from './stream-section.js';

/** A pattern with the type of the event that completes it. */
export interface CheckedPattern {
  readonly pattern: PatternModel;
  readonly event: ValueType;
}

const dynamicType: ValueType = { kind: 'dynamic' };
const options = keysOf(patternOptions);

/** Reads the entries of `on` and `until`. */
export class PatternReader {
  /** Streams that were used since the last {@link takeStreams}. */
  #streams = new Set<string>();

  constructor(
    private readonly streams: Streams,
    private readonly expressions: ExpressionCheck,
  ) {}

  takeStreams(): ReadonlySet<string> {
    const streams = this.#streams;
    this.#streams = new Set();
    return streams;
  }

  readList(entry: MappingEntry | undefined): CheckedPattern[] {
    if (!entry) return [];
    if (entry.value.kind !== 'sequence') {
      reportType(
        this.expressions.findings,
        `"${entry.key}"`,
        'a list of patterns',
        entry.value,
        'Begin each pattern with "- ", on a line of its own.',
      );
      return [];
    }
    if (entry.value.items.length === 0) {
      this.expressions.findings.error(
        'VALUE_INVALID',
        `"${entry.key}" is an empty list; it needs at least one pattern.`,
        entry.keyRange,
      );
    }
    return entry.value.items.flatMap((item) => this.read(item) ?? []);
  }

  private read(node: SourceNode): CheckedPattern | undefined {
    const { findings } = this.expressions;
    if (node.kind !== 'mapping') {
      const name = node.kind === 'scalar' && /^[\w.-]+$/.test(node.source.text) ? node.source.text : 'name';
      reportType(
        findings,
        'A pattern',
        'a mapping with the name of a stream as key',
        node,
        `Write \`- ${name}: { … }\`, or \`- ${name}:\` for every event of the stream.`,
      );
      return undefined;
    }
    const subjects = node.entries.filter((entry) => !options.includes(entry.key));
    const fields = Fields.read(node, 'a pattern', [...options, ...subjects.map((entry) => entry.key)], findings)!;
    if (subjects.length !== 1) {
      this.reportSubjects(fields, subjects);
      return undefined;
    }
    const [subject] = subjects as [MappingEntry];
    if (!(subject.key in combinators) || this.streams.isDefined(subject.key)) return this.readEvent(subject, fields);
    fields.onlyWith(options, `beside a stream, inside of "${subject.key}"`, false);
    return this.readCombinator(subject);
  }

  private reportSubjects(fields: Fields, subjects: readonly MappingEntry[]): void {
    const { findings } = this.expressions;
    if (subjects.length === 0) {
      findings.error('KEY_MISSING', 'A pattern needs the name of a stream, or one of count, all, sequence, absence.', {
        ...fields.range,
        end: fields.range.start,
      });
    }
    const [first, ...others] = subjects;
    for (const other of others) {
      const hint = this.streams.isDefined(other.key)
        ? 'Begin a second pattern with "- ".'
        : `Fields of "${first!.key}" are indented below it.`;
      fields.conflict(
        other,
        `A pattern has one stream; "${first!.key}" stands here already, so "${other.key}" cannot. ${hint}`,
      );
    }
  }

  private readEvent(subject: MappingEntry, fields: Fields): CheckedPattern | undefined {
    this.#streams.add(subject.key);
    const resolved = this.streams.event(subject.key, subject.value, subject.keyRange);
    const event = resolved ? valueTypeOf(resolved.value) : dynamicType;
    const where = this.expressions.condition(fields.value('where'), '"where"', this.whereScope(event));
    const debounce = fields.duration('debounce', { positive: true });
    const throttle = fields.duration('throttle', { positive: true });
    if (!resolved) return undefined;
    const pattern: EventPattern = {
      kind: 'event',
      selector: { stream: resolved.description.name, parameters: resolved.parameters, match: resolved.match },
      ...(where && { where }),
      ...(debounce && { debounce }),
      ...(throttle && { throttle }),
    };
    return { pattern, event };
  }

  private whereScope(event: ValueType): Scope {
    const others = [...this.streams.names, 'trigger', 'rule', 'key', 'secrets'];
    return new Scope({ event }).without(
      Object.fromEntries(
        others.map((name) => [name, '"where" reads only "event". Use "if" of the rule for the rest.']),
      ),
    );
  }

  private readCombinator(subject: MappingEntry): CheckedPattern | undefined {
    const { findings } = this.expressions;
    const kind = subject.key as keyof typeof combinators;
    const keys = kind === 'count' ? ['of', 'n', 'within'] : ['of', 'within'];
    const fields = Fields.read(subject.value, `"${kind}"`, keys, findings);
    if (!fields) return undefined;
    for (const key of keys) fields.require(key, subject.keyRange);
    const within = fields.duration('within', { positive: true });
    if (kind === 'all' || kind === 'sequence') {
      const patterns = this.readList(fields.entry('of'));
      if (!within || patterns.length === 0) return undefined;
      const event = commonType((kind === 'all' ? patterns : patterns.slice(-1)).map((pattern) => pattern.event));
      return { pattern: { kind, of: patterns.map((checked) => checked.pattern), within }, event };
    }
    const of = fields.value('of');
    const checked = of && this.read(of);
    const n = kind === 'count' ? fields.number('n', { minimum: 1, maximum: 10_000 }) : undefined;
    if (!within || !checked) return undefined;
    if (kind === 'absence') return { pattern: { kind, of: checked.pattern, within }, event: dynamicType };
    return n === undefined ? undefined : { pattern: { kind, of: checked.pattern, n, within }, event: checked.event };
  }
}
