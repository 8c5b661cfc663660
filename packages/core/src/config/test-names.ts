import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { ActionDescription } from '../actions/action.js';
import type { Registry } from '../plugins/registry.js';
import type { Findings } from './findings.js';
import type { ResolvedStream, Streams } from './stream-section.js';
import type { MappingEntry } from './source-node.js';

/** Finds what a test names; what is not there, or of the wrong kind, is reported at its place. */
export class TestNames {
  constructor(
    private readonly registry: Registry,
    private readonly streams: Streams,
    private readonly rules: ReadonlySet<string>,
    private readonly findings: Findings,
  ) {}

  /** A state stream by the name that expressions read it by. */
  state({ key, keyRange }: Pick<MappingEntry, 'key' | 'keyRange'>): ResolvedStream | undefined {
    if (!this.isOfKind(key, keyRange, 'state')) return undefined;
    const resolved = this.streams.states().get(key);
    if (!resolved)
      this.findings.error(
        'VALUE_INVALID',
        `"${key}" is read by no expression under this name, so it can have no reading.`,
        keyRange,
        `Name it under "streams:" with "from: ${key}", and use that name.`,
      );
    return resolved;
  }

  /** `stream.field.field` or, for the whole value, the name of the stream. */
  field({ key, keyRange }: MappingEntry): { name: string; stream: ResolvedStream; path: string[] } | undefined {
    const known = this.streams.names.filter((name) => key === name || key.startsWith(`${name}.`));
    const name = known.sort((left, right) => right.length - left.length)[0] ?? key.split('.')[0]!;
    const stream = this.state({ key: name, keyRange });
    return stream && { name, stream, path: key === name ? [] : key.slice(name.length + 1).split('.') };
  }

  event({ key, keyRange }: MappingEntry): Pick<ResolvedStream, 'description' | 'parameters' | 'value'> | undefined {
    return this.isOfKind(key, keyRange, 'event') ? this.streams.eventByName(key) : undefined;
  }

  action(name: string, range: SourceRange): ActionDescription | undefined {
    const found = this.registry.actions.get(name);
    if (!found) this.reportUnknown('ACTION_UNKNOWN', 'action', name, range, this.registry.actions.keys());
    return found?.description;
  }

  rule(name: string, range: SourceRange): void {
    if (!this.rules.has(name)) this.reportUnknown('RULE_UNKNOWN', 'rule', name, range, this.rules);
  }

  private isOfKind(name: string, range: SourceRange, kind: 'event' | 'state'): boolean {
    if (this.streams.isFaulty(name)) return false;
    const description = this.streams.descriptionOf(name);
    if (!description) this.reportUnknown('STREAM_UNKNOWN', 'stream', name, range, this.streams.names);
    else if (description.kind !== kind)
      this.findings.error(
        'STREAM_KIND_WRONG',
        `"${name}" is ${description.kind === 'event' ? 'an event' : 'a state'} stream; here stands ${kind === 'event' ? 'an event' : 'a state'} stream.`,
        range,
      );
    return description?.kind === kind;
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
