import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Registry } from '../plugins/registry.js';
import { z } from '../schemas/schema.js';
import type { StreamDescription } from '../streams/stream.js';
import type { ExpressionCheck } from './expression-check.js';
import { Fields, firstLine } from './fields.js';
import type { Findings } from './findings.js';
import { keysOf, streamKeys } from './grammar.js';
import { InputCheck, reportUnknownField } from './input-check.js';
import { shapeOf } from './schema-shape.js';
import { Scope } from './scope.js';
import { describeNode, plainValue, type MappingEntry, type MappingNode, type SourceNode } from './source-node.js';

/** A stream with everything that the file says about it. */
export interface ResolvedStream {
  readonly description: StreamDescription;
  readonly parameters: unknown;
  /** Only for streams of kind event. */
  readonly match: Readonly<Record<string, unknown>>;
  /** The type of an event or of a state. */
  readonly value: z.ZodType;
  /** What the file says, for the meaning of the rules that use it. */
  readonly definition: unknown;
}

const celIdentifier = /^[A-Za-z_]\w*$/;
/** Words of CEL and the names that the engine binds. */
const reservedNames = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while event trigger rule key repeat error secrets count all sequence absence where debounce throttle'.split(
    ' ',
  ),
);
const constants = new Scope({});

/** The streams of the plugins and those that the file names. */
export class Streams {
  readonly #named = new Map<string, ResolvedStream | undefined>();

  constructor(
    private readonly registry: Registry,
    private readonly expressions: ExpressionCheck,
  ) {}

  private get findings(): Findings {
    return this.expressions.findings;
  }

  define(entries: readonly MappingEntry[]): void {
    for (const entry of entries) {
      const fields = Fields.read(entry.value, `the stream "${entry.key}"`, keysOf(streamKeys), this.findings);
      const from = fields?.require('from', entry.keyRange) ? fields.text('from') : undefined;
      const isNameGood = this.checkName(entry, from);
      const description =
        from === undefined
          ? undefined
          : this.description(from, fields!.entry('from')!.value.range, [...this.registry.streams.keys()]);
      const resolved =
        description &&
        this.resolveUse(
          description,
          fields!.value('with'),
          fields!.entry('with')?.keyRange ?? entry.keyRange,
          `the stream "${description.name}"`,
        );
      if (isNameGood) this.#named.set(entry.key, resolved && { ...resolved, definition: plainValue(entry.value) });
    }
  }

  private checkName({ key, keyRange }: MappingEntry, from: string | undefined): boolean {
    if (!celIdentifier.test(key)) {
      this.findings.error('NAME_INVALID', `"${key}" cannot be read in an expression.`, keyRange);
    } else if (reservedNames.has(key)) {
      this.findings.error('NAME_TAKEN', `"${key}" is a word of the grammar and cannot name a stream.`, keyRange);
    } else if (this.registry.streams.has(key) && from !== key) {
      this.findings.error('NAME_TAKEN', `"${key}" would hide the stream of that name that a plugin brings.`, keyRange);
    } else {
      return true;
    }
    return false;
  }

  /** Names that a pattern may use. */
  get names(): string[] {
    return [...new Set([...this.#named.keys(), ...this.registry.streams.keys()])];
  }

  isDefined(name: string): boolean {
    return this.#named.has(name) || this.registry.streams.has(name);
  }

  /** Whether the file names the stream but with a fault that is already reported. */
  isFaulty(name: string): boolean {
    return this.#named.has(name) && this.#named.get(name) === undefined;
  }

  definitionOf(name: string): unknown {
    return this.#named.get(name)?.definition;
  }

  descriptionOf(name: string): StreamDescription | undefined {
    return this.#named.get(name)?.description ?? this.registry.streams.get(name)?.description;
  }

  /** The state streams that expressions may name: those of the file, and those without required parameters. */
  states(): Map<string, ResolvedStream> {
    const states = new Map<string, ResolvedStream>();
    for (const [name, { description }] of this.registry.streams) {
      if (description.kind !== 'state' || !celIdentifier.test(name) || this.#named.has(name)) continue;
      const parsed = parametersOf(description).safeParse({});
      if (parsed.success)
        states.set(name, {
          description,
          parameters: parsed.data,
          match: {},
          value: valueOf(description, parsed.data),
          definition: undefined,
        });
    }
    for (const [name, resolved] of this.#named) if (resolved?.description.kind === 'state') states.set(name, resolved);
    return states;
  }

  /** Why names of streams cannot stand in an expression, in the words of a user. */
  unreadable(): Record<string, string> {
    const reasons: Record<string, string> = {};
    for (const name of this.names) {
      const description = this.descriptionOf(name);
      if (!description || !celIdentifier.test(name)) continue;
      if (description.kind === 'event') {
        reasons[name] = `it is an event stream. React to it with "on: [{ ${name}: … }]".`;
      } else if (!this.#named.has(name) && !parametersOf(description).safeParse({}).success) {
        reasons[name] = `the stream needs parameters. Name it under "streams:" with "from: ${name}".`;
      }
    }
    return reasons;
  }

  /** The streams that the file names but that could not be understood; expressions that read them cannot be judged. */
  get faulty(): string[] {
    return [...this.#named].filter(([, resolved]) => resolved === undefined).map(([name]) => name);
  }

  /** An event stream by the name that patterns use; undefined for one that is not known. */
  eventByName(name: string): Pick<ResolvedStream, 'description' | 'parameters' | 'value'> | undefined {
    const named = this.#named.get(name);
    const description = this.registry.streams.get(name)?.description;
    if (named || !description) return named;
    const parsed = parametersOf(description).safeParse({});
    if (typeof description.value === 'function' && !parsed.success)
      return { description, parameters: undefined, value: z.unknown() };
    return { description, parameters: parsed.data, value: valueOf(description, parsed.data) };
  }

  /** What one entry of `on` listens to. */
  event(name: string, node: SourceNode, place: SourceRange): ResolvedStream | undefined {
    const named = this.#named.get(name);
    if (this.isFaulty(name)) return undefined;
    const description =
      named?.description ?? this.description(name, place, [...this.names, 'count', 'all', 'sequence', 'absence']);
    if (!description) return undefined;
    if (description.kind === 'state') {
      this.findings.error(
        'STREAM_KIND_WRONG',
        `"${name}" is a state stream; "on" and "until" take event streams.`,
        place,
        `Use "when:" with a condition on ${name}.`,
      );
      return undefined;
    }
    const isNothing = node.kind === 'scalar' && node.value === null;
    if (!named) return this.resolveUse(description, isNothing ? undefined : node, place, `the stream "${name}"`);
    const mapping = isNothing ? undefined : this.mappingOf(node, `the stream "${name}"`);
    const match = this.checkMatch(description, mapping ?? emptyMapping(place), place, `the match fields of "${name}"`);
    return match && { ...named, match: { ...named.match, ...match } };
  }

  private description(name: string, range: SourceRange, candidates: readonly string[]): StreamDescription | undefined {
    const found = this.registry.streams.get(name);
    if (found) return found.description;
    const suggestion = didYouMean(name, candidates);
    const hint = suggestion === undefined ? `Known are: ${candidates.join(', ')}.` : `Did you mean "${suggestion}"?`;
    this.findings.error('STREAM_UNKNOWN', `There is no stream "${name}". ${hint}`, range);
    return undefined;
  }

  private mappingOf(node: SourceNode, owner: string): MappingNode | undefined {
    if (node.kind === 'mapping') return node;
    this.findings.error(
      'VALUE_TYPE',
      `What stands for ${owner} is ${describeNode(node)}; it takes a mapping.`,
      firstLine(node.range),
    );
    return undefined;
  }

  /** Separates parameters from match fields, and parses both. */
  private resolveUse(
    description: StreamDescription,
    node: SourceNode | undefined,
    place: SourceRange,
    owner: string,
  ): ResolvedStream | undefined {
    const mapping = node ? this.mappingOf(node, owner) : emptyMapping(place);
    if (!mapping) return undefined;
    const parameters = parametersOf(description);
    const own = shapeOf(parameters);
    const matchNames = Object.keys(description.match?.shape ?? {});
    const isMatch = (entry: MappingEntry): boolean => matchNames.includes(entry.key) && !own?.fields.has(entry.key);
    const unknown = mapping.entries.filter(
      (entry) => !isMatch(entry) && own && !own.open && !own.fields.has(entry.key),
    );
    for (const { key, keyRange } of unknown)
      reportUnknownField(this.findings, key, keyRange, owner, [...own!.fields.keys(), ...matchNames]);
    const parameterEntries = mapping.entries.filter((entry) => !isMatch(entry) && !unknown.includes(entry));
    const parsed = this.parse({ ...mapping, entries: parameterEntries }, parameters, place, owner);
    const match = this.checkMatch(description, { ...mapping, entries: mapping.entries.filter(isMatch) }, place, owner);
    if (!parsed || !match || unknown.length > 0) return undefined;
    return {
      description,
      parameters: parsed.value,
      match,
      value: valueOf(description, parsed.value),
      definition: undefined,
    };
  }

  private checkMatch(
    description: StreamDescription,
    node: MappingNode,
    place: SourceRange,
    owner: string,
  ): Record<string, unknown> | undefined {
    if (node.entries.length === 0) return {};
    const schema: z.ZodObject = description.match ?? z.object({});
    return this.parse(node, schema.partial(), place, owner)?.value as Record<string, unknown> | undefined;
  }

  /** A value that has to be known when the file is loaded: only secrets can be interpolated. */
  private parse(
    node: MappingNode,
    schema: z.ZodType,
    place: SourceRange,
    owner: string,
  ): { value: unknown } | undefined {
    const scope = constants.without(
      Object.fromEntries(
        [...this.names, 'event', 'trigger', 'rule', 'key'].map((name) => [
          name,
          'a stream is opened when the file is loaded; only secrets can stand here.',
        ]),
      ),
    );
    const checked = InputCheck.check(node, schema, { expressions: this.expressions, scope, owner, place });
    if (!checked.ok) return undefined;
    const parsed = schema.safeParse(checked.template.evaluate({ secrets: this.expressions.secrets.values }));
    if (parsed.success) return { value: parsed.data };
    this.findings.error('FIELD_INVALID', `With its secrets filled in, ${owner} has a value that does not fit.`, place);
    return undefined;
  }
}

function emptyMapping(range: SourceRange): MappingNode {
  return { kind: 'mapping', entries: [], range };
}

function parametersOf(description: StreamDescription): z.ZodType {
  return description.parameters ?? z.object({});
}

function valueOf(description: StreamDescription, parameters: unknown): z.ZodType {
  return typeof description.value === 'function' ? description.value(parameters) : description.value;
}
