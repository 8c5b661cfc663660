import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Registry } from '../plugins/registry.js';
import { Fields, readDuration, reportType } from './fields.js';
import type { Findings } from './findings.js';
import { answerKeys, expectationKeys, keysOf, momentKeys, testKeys } from './grammar.js';
import { reportUnknownField } from './input-check.js';
import { reportIssues } from './schema-issues.js';
import { shapeOf } from './schema-shape.js';
import { plainValue, type MappingEntry, type SourceNode } from './source-node.js';
import type { Streams } from './stream-section.js';

const states = ['idle', 'holding', 'running', 'limited', 'faulted', 'disabled'] as const;

/** Checks the structure of `tests:`; they are run by `devicerc test`. */
export class TestReader {
  constructor(
    private readonly registry: Registry,
    private readonly streams: Streams,
    private readonly rules: ReadonlySet<string>,
    private readonly findings: Findings,
  ) {}

  read(tests: readonly SourceNode[]): void {
    const names = new Map<string, SourceRange>();
    for (const test of tests) {
      const fields = Fields.read(test, 'a test', keysOf(testKeys), this.findings);
      if (!fields) continue;
      for (const key of ['name', 'expect']) fields.require(key);
      const name = fields.text('name');
      const earlier = name === undefined ? undefined : names.get(name);
      if (earlier)
        this.findings.error(
          'NAME_TAKEN',
          `There is already a test with this name on line ${earlier.start.line}.`,
          fields.entry('name')!.value.range,
        );
      else if (name !== undefined) names.set(name, fields.entry('name')!.value.range);
      for (const entry of fields.mapping('given')?.entries ?? []) this.checkReading(entry);
      for (const entry of fields.mapping('answers')?.entries ?? []) this.checkAnswer(entry);
      for (const moment of fields.list('at')?.items ?? []) this.checkMoment(moment);
      for (const expectation of fields.list('expect')?.items ?? []) this.checkExpectation(expectation);
    }
  }

  /** A reading may leave out fields that the test does not need. */
  private checkReading({ key, keyRange, value }: MappingEntry): void {
    this.checkStream(key, keyRange, 'state');
    const schema = this.streams.states().get(key)?.value;
    const shape = schema && shapeOf(schema);
    if (!shape || value.kind !== 'mapping') return;
    const owner = `the stream "${key}"`;
    for (const field of value.entries) {
      const part = shape.fields.get(field.key);
      if (!part && !shape.open)
        reportUnknownField(this.findings, field.key, field.keyRange, owner, shape.fields.keys());
      const parsed = part?.safeParse(plainValue(field.value));
      if (parsed?.error) {
        reportIssues(parsed.error.issues, {
          node: field.value,
          owner: `"${field.key}" of ${owner}`,
          place: field.value.range,
          templated: [],
          findings: this.findings,
        });
      }
    }
  }

  private checkMoment(node: SourceNode): void {
    const fields = Fields.read(node, 'an entry of "at"', keysOf(momentKeys), this.findings);
    if (!fields) return;
    fields.require('t');
    fields.duration('t');
    for (const entry of fields.mapping('set')?.entries ?? []) this.checkField(entry);
    for (const entry of fields.mapping('quality')?.entries ?? []) {
      this.checkStream(entry.key, entry.keyRange, 'state');
      Fields.read(
        { kind: 'mapping', entries: [entry], range: node.range },
        '"quality"',
        [entry.key],
        this.findings,
      )!.choice(entry.key, ['ok', 'stale', 'lost']);
    }
    for (const entry of fields.mapping('answer')?.entries ?? []) this.checkAnswer(entry);
    for (const entry of fields.mapping('emit')?.entries ?? []) this.checkStream(entry.key, entry.keyRange, 'event');
    fields.choice('restart', ['engine']);
    fields.choice('kill', ['engine']);
    fields.duration('power-cut');
    fields.duration('reboot');
    fields.text('reload');
    fields.boolean('end');
    const clock = fields.value('clock');
    if (clock) this.checkJump(clock);
  }

  /** The wall clock may also jump back: `-2h`. */
  private checkJump(node: SourceNode): void {
    const fields = Fields.read(node, '"clock"', ['jump'], this.findings);
    const jump = fields?.require('jump') ? fields.scalar('jump') : undefined;
    if (jump)
      readDuration(
        typeof jump.value === 'string' ? { ...jump, value: jump.value.replace(/^-/, '') } : jump,
        '"jump"',
        this.findings,
      );
  }

  /** `stream.field.field` or, for a value that is not a mapping, the name of the stream. */
  private checkField({ key, keyRange }: MappingEntry): void {
    const known = this.streams.names.filter((name) => key === name || key.startsWith(`${name}.`));
    const name = known.sort((left, right) => right.length - left.length)[0];
    this.checkStream(name ?? key.split('.')[0]!, keyRange, 'state');
  }

  private checkAnswer({ key, keyRange, value }: MappingEntry): void {
    this.checkAction(key, keyRange);
    const fields = Fields.read(value, 'an answer', keysOf(answerKeys), this.findings);
    if (!fields) return;
    fields.exclusive(['output', 'fail', 'ignored', 'never']);
    fields.text('fail');
    fields.boolean('ignored');
    fields.boolean('never');
    fields.duration('after');
  }

  private checkExpectation(node: SourceNode): void {
    const fields = Fields.read(node, 'an entry of "expect"', keysOf(expectationKeys), this.findings);
    if (!fields) return;
    const isState = fields.has('state');
    if (isState) for (const key of ['rule', 'at']) fields.require(key);
    const subject = isState ? 'state' : fields.exactlyOne(['action', 'no'])?.key;
    fields.onlyWith(['action', 'no', 'times', 'between', 'with'], 'without "state"', !isState);
    fields.onlyWith(['at'], 'beside "state"', isState);
    fields.onlyWith(['times', 'with'], 'beside "action"', subject !== 'no');
    for (const key of ['action', 'no']) {
      const action = fields.text(key);
      if (action !== undefined) this.checkAction(action, fields.entry(key)!.value.range);
    }
    fields.choice('state', states);
    fields.duration('at');
    fields.number('times', { minimum: 0 });
    fields.mapping('with');
    this.checkBetween(fields);
    const rule = fields.text('rule');
    if (rule !== undefined && !this.rules.has(rule))
      this.reportUnknown('RULE_UNKNOWN', 'rule', rule, fields.entry('rule')!.value.range, this.rules);
  }

  private checkBetween(fields: Fields): void {
    const between = fields.list('between');
    if (!between) return;
    const [from, to, ...more] = between.items.map((item) => {
      if (item.kind === 'scalar') return readDuration(item, 'A bound of "between"', this.findings);
      reportType(this.findings, 'A bound of "between"', 'a duration', item);
      return undefined;
    });
    if (between.items.length !== 2 || more.length > 0)
      this.findings.error('VALUE_INVALID', '"between" takes two durations, such as [11m, 12m].', between.range);
    else if (from && to && from.milliseconds > to.milliseconds)
      this.findings.error(
        'VALUE_INVALID',
        `"between" ends (${String(to)}) before it begins (${String(from)}).`,
        between.range,
      );
  }

  private checkStream(name: string, range: SourceRange, kind: 'event' | 'state'): void {
    if (this.streams.isFaulty(name)) return;
    const description = this.streams.descriptionOf(name);
    if (!description) this.reportUnknown('STREAM_UNKNOWN', 'stream', name, range, this.streams.names);
    else if (description.kind !== kind) {
      this.findings.error(
        'STREAM_KIND_WRONG',
        `"${name}" is ${description.kind === 'event' ? 'an event' : 'a state'} stream; here stands ${kind === 'event' ? 'an event' : 'a state'} stream.`,
        range,
      );
    }
  }

  private checkAction(name: string, range: SourceRange): void {
    if (!this.registry.actions.has(name))
      this.reportUnknown('ACTION_UNKNOWN', 'action', name, range, this.registry.actions.keys());
  }

  private reportUnknown(
    code: 'STREAM_UNKNOWN' | 'ACTION_UNKNOWN' | 'RULE_UNKNOWN',
    kind: string,
    name: string,
    range: SourceRange,
    known: Iterable<string>,
  ): void {
    const suggestion = didYouMean(name, known);
    this.findings.error(
      code,
      `There is no ${kind} "${name}".${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`}`,
      range,
    );
  }
}
