import { dirname, resolve } from 'node:path';
import { Duration } from '../clock/duration.js';
import type { Turns } from '../clock/turns.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Registry } from '../plugins/registry.js';
import type { z } from '../schemas/schema.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields, readDuration } from './fields.js';
import { answerKeys, keysOf, momentKeys, testKeys } from './grammar.js';
import { partOf, shapeOf } from './schema-shape.js';
import type { MappingEntry, SourceNode } from './source-node.js';
import type { Streams } from './stream-section.js';
import { ExpectationReader } from './test-expectation.js';
import type { ActionAnswer, Expectation, GivenReading, TestChange, TestModel, TestMoment } from './test-model.js';
import { TestNames } from './test-names.js';
import { readPart, readWhole } from './test-value.js';

/** What the simulated device derives from its own time: a test cannot change it while the device runs. */
const derivedFields = new Set(['device.uptime', 'device.bootId']);

/** Reads `tests:`; they are run by `devicerc test`. */
export class TestReader {
  private readonly names: TestNames;
  private readonly expectations: ExpectationReader;

  constructor(
    registry: Registry,
    streams: Streams,
    rules: ReadonlySet<string>,
    private readonly expressions: ExpressionCheck,
  ) {
    this.names = new TestNames(registry, streams, rules, expressions.findings);
    this.expectations = new ExpectationReader(this.names, expressions);
  }

  private get findings() {
    return this.expressions.findings;
  }

  async read(tests: readonly SourceNode[], turns: Turns): Promise<TestModel[]> {
    const names = new Map<string, SourceRange>();
    const models: TestModel[] = [];
    for (const node of tests) {
      if (turns.areDue()) await turns.next();
      const model = this.test(node, names);
      if (model) models.push(model);
    }
    return models;
  }

  private test(node: SourceNode, names: Map<string, SourceRange>): TestModel | undefined {
    const fields = Fields.read(node, 'a test', keysOf(testKeys), this.findings);
    if (!fields) return undefined;
    for (const key of ['name', 'expect']) fields.require(key);
    const name = fields.text('name');
    if (name !== undefined) this.checkName(name, fields.entry('name')!.value.range, names);
    const given = (fields.mapping('given')?.entries ?? []).flatMap((entry) => this.given(entry) ?? []);
    const answers = (fields.mapping('answers')?.entries ?? []).flatMap((entry) => this.answer(entry) ?? []);
    const entries = (fields.list('at')?.items ?? []).flatMap((moment) => this.moment(moment) ?? []);
    const expected = fields.list('expect');
    if (expected?.items.length === 0) this.reportNothingExpected(expected.range);
    const expectations = (expected?.items ?? []).flatMap((entry) => this.expectations.read(entry) ?? []);
    const moments = entries.toSorted((one, other) => one.at.milliseconds - other.at.milliseconds);
    const end = this.endOf(moments, expectations);
    return name === undefined ? undefined : { name, range: fields.range, given, answers, moments, expectations, end };
  }

  private checkName(name: string, range: SourceRange, names: Map<string, SourceRange>): void {
    const earlier = names.get(name);
    if (earlier)
      this.findings.error('NAME_TAKEN', `There is already a test with this name on line ${earlier.start.line}.`, range);
    else names.set(name, range);
  }

  /** A reading may leave out fields that the test does not need. */
  private given(entry: MappingEntry): GivenReading | undefined {
    const stream = this.names.state(entry);
    if (!stream) return undefined;
    return {
      stream: entry.key,
      value: readPart(entry.value, stream.value, `the stream "${entry.key}"`, this.findings),
    };
  }

  private moment(node: SourceNode): (TestMoment & { readonly isEnd: boolean }) | undefined {
    const fields = Fields.read(node, 'an entry of "at"', keysOf(momentKeys), this.findings);
    if (!fields) return undefined;
    fields.require('t');
    const at = fields.duration('t');
    const changes = [
      ...(fields.mapping('set')?.entries ?? []).map((entry) => this.setting(entry)),
      ...(fields.mapping('quality')?.entries ?? []).map((entry) => this.quality(entry, node)),
      ...(fields.mapping('answer')?.entries ?? []).map((entry) => this.newAnswer(entry)),
      ...(fields.mapping('emit')?.entries ?? []).map((entry) => this.emission(entry)),
      fields.choice('restart', ['engine']) && { kind: 'restart' as const },
      fields.choice('kill', ['engine']) && { kind: 'kill' as const },
      this.freeze(fields),
      this.outage(fields, 'power-cut'),
      this.outage(fields, 'reboot'),
      this.jump(fields.value('clock')),
      this.network(fields),
      this.reloading(fields),
    ].filter((change) => change !== undefined);
    const isEnd = fields.boolean('end') === true;
    return at && { at, changes, range: fields.range, isEnd };
  }

  private setting(entry: MappingEntry): TestChange | undefined {
    const found = this.names.field(entry);
    if (!found) return undefined;
    const { name, stream, path } = found;
    if (derivedFields.has(entry.key)) {
      const message = `"${entry.key}" goes with the time of the simulated device; it cannot be set.`;
      this.findings.error('VALUE_INVALID', message, entry.keyRange, 'Give it at the start, or let the device reboot.');
      return undefined;
    }
    const owner = `the stream "${name}"`;
    const schema = this.partAt(stream.value, path, entry, owner);
    if (schema === 'unknown') return undefined;
    const title = path.length > 0 ? `"${path.join('.')}" of ${owner}` : owner;
    return { kind: 'set', stream: name, path, value: readPart(entry.value, schema, title, this.findings) };
  }

  /** The schema of a field; undefined where the schema does not say. */
  private partAt(
    whole: z.ZodType,
    path: readonly string[],
    { keyRange }: MappingEntry,
    owner: string,
  ): z.ZodType | 'unknown' | undefined {
    let schema: z.ZodType | undefined = whole;
    for (const field of path) {
      const shape: ReturnType<typeof shapeOf> = schema && shapeOf(schema);
      if (!schema || !shape) return undefined;
      const part: z.ZodType | undefined = shape.fields.get(field) ?? partOf(schema, field);
      if (!part && !shape.open) {
        const known = [...shape.fields.keys()].join(', ');
        this.findings.error('FIELD_UNKNOWN', `"${field}" is not a field of ${owner}. Known are: ${known}.`, keyRange);
        return 'unknown';
      }
      schema = part;
    }
    return schema;
  }

  private quality(entry: MappingEntry, { range }: SourceNode): TestChange | undefined {
    const stream = this.names.state(entry);
    const node = { kind: 'mapping' as const, entries: [entry], range };
    const choice = Fields.read(node, '"quality"', [entry.key], this.findings)!;
    const quality = choice.choice(entry.key, ['ok', 'stale', 'lost']);
    return stream && quality && { kind: 'quality', stream: entry.key, quality };
  }

  private newAnswer(entry: MappingEntry): TestChange | undefined {
    const answer = this.answer(entry);
    return answer && { kind: 'answer', answer };
  }

  private emission(entry: MappingEntry): TestChange | undefined {
    const stream = this.names.event(entry);
    if (!stream) return undefined;
    const { description, parameters, value } = stream;
    const event = readWhole(entry.value, value, `an event of "${entry.key}"`, this.findings);
    const isNamed = entry.key !== description.name;
    return { kind: 'emit', stream: description.name, ...(isNamed && { parameters }), event };
  }

  private freeze(fields: Fields): TestChange | undefined {
    const time = fields.duration('freeze');
    return time && { kind: 'freeze', time };
  }

  private outage(fields: Fields, kind: 'power-cut' | 'reboot'): TestChange | undefined {
    const off = fields.duration(kind);
    return off && { kind, off };
  }

  /** The wall clock may also jump back: `-2h`. */
  private jump(node: SourceNode | undefined): TestChange | undefined {
    const fields = node && Fields.read(node, '"clock"', ['jump'], this.findings);
    const scalar = fields?.require('jump') ? fields.scalar('jump') : undefined;
    if (!scalar) return undefined;
    const isBack = typeof scalar.value === 'string' && scalar.value.startsWith('-');
    const amount = isBack ? { ...scalar, value: String(scalar.value).slice(1) } : scalar;
    const distance = readDuration(amount, '"jump"', this.findings);
    return distance && { kind: 'jump', milliseconds: isBack ? -distance.milliseconds : distance.milliseconds };
  }

  private network(fields: Fields): TestChange | undefined {
    const network = fields.choice('network', ['away', 'back']);
    return network && { kind: 'network', isThere: network === 'back' };
  }

  private reloading(fields: Fields): TestChange | undefined {
    const path = fields.text('reload');
    if (path === undefined) return undefined;
    const { range } = fields.entry('reload')!.value;
    return { kind: 'reload', file: resolve(dirname(range.file), path), range };
  }

  private answer({ key, keyRange, value }: MappingEntry): ActionAnswer | undefined {
    const action = this.names.action(key, keyRange);
    const fields = Fields.read(value, 'an answer', keysOf(answerKeys), this.findings);
    if (!fields) return undefined;
    const given = fields.exclusive(['output', 'fail', 'ignored', 'never'])?.key;
    const message = fields.text('fail');
    const isIgnored = fields.boolean('ignored') === true;
    const isNever = fields.boolean('never') === true;
    const after = fields.duration('after');
    const output = given === 'output' ? fields.value('output') : undefined;
    if (!action) return undefined;
    const owner = `the output of "${key}"`;
    return {
      action: key,
      outcome: message !== undefined ? 'fail' : isIgnored ? 'ignore' : isNever ? 'never' : 'succeed',
      ...(message !== undefined && { message }),
      ...(output && { output: readPart(output, action.output, owner, this.findings) }),
      ...(after && { after }),
    };
  }

  private reportNothingExpected(range: SourceRange): void {
    const remedy = 'Write what should happen, such as { action: log, times: 1 }, or what should not: { no: exec }.';
    this.findings.error('VALUE_INVALID', 'A test that expects nothing always passes.', range, remedy);
  }

  /** Reports what would come after the end, and so never. */
  private endOf(
    moments: readonly (TestMoment & { readonly isEnd: boolean })[],
    expectations: readonly Expectation[],
  ): Duration {
    const ends = expectations.map((entry) =>
      entry.kind === 'state' ? entry.at : (entry.between?.to ?? Duration.zero),
    );
    const last = [...moments.map(({ at }) => at), ...ends].reduce(
      (latest, time) => (time.milliseconds > latest.milliseconds ? time : latest),
      Duration.zero,
    );
    const end = moments.find(({ isEnd }) => isEnd)?.at ?? last;
    const isLate = (time: Duration): boolean => time.milliseconds > end.milliseconds;
    const late = [
      ...moments.filter(({ at }) => isLate(at)),
      ...expectations.filter((entry) => isLate(entry.kind === 'state' ? entry.at : (entry.between?.from ?? end))),
    ];
    for (const { range } of late) {
      const message = `This comes after the end of the test (${end}).`;
      this.findings.error('VALUE_INVALID', message, range, 'Let the test end later, or leave this out.');
    }
    return end;
  }
}
