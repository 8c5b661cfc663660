import { join } from 'node:path';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { readRegularFile } from '../host/regular-file.js';
import type { ValueType } from '../schemas/value-type.js';
import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { keysOf, secretKeys } from './grammar.js';
import type { MappingEntry } from './source-node.js';

/** In bytes: more than any key or certificate has. */
const largestSecret = 2 ** 16;

/** A value in place of the one that the machine has for a secret. */
export type SecretPlaceholder = (name: string) => string;

type SecretSource = { readonly variable: string } | { readonly file: string };

/**
 * Values of `secrets.*`. One that `secrets:` does not declare comes from the variable `DEVICERC_SECRET_NAME`, else from
 * the file `/run/secrets/name`, where Docker mounts its secrets. A secret that nothing reads may be missing.
 */
export class Secrets {
  readonly #declared: ReadonlyMap<string, readonly SecretSource[]>;
  readonly #values = new Map<string, string>();
  readonly #missing = new Set<string>();

  constructor(
    declarations: readonly MappingEntry[],
    private readonly host: HostEnvironment,
    private readonly findings: Findings,
    private readonly placeholderOf?: SecretPlaceholder,
  ) {
    this.#declared = new Map(declarations.map((entry) => [entry.key, readDeclaration(entry, findings)]));
  }

  /** Looks the secret up; a missing one is reported once, where it is read first. */
  require(name: string, range: SourceRange): void {
    if (this.#values.has(name) || this.#missing.has(name)) return;
    const declared = this.#declared.get(name);
    if (declared?.length === 0) return void this.#missing.add(name);
    const sources = declared ?? undeclaredSources(name);
    const value = this.placeholderOf ? this.placeholderOf(name) : this.valueFrom(sources);
    if (value !== undefined) return void this.#values.set(name, value);
    this.#missing.add(name);
    const places = sources.map((source) =>
      'variable' in source ? `variable ${source.variable}` : `file ${source.file}`,
    );
    this.findings.error(
      'SECRET_MISSING',
      `The secret "${name}" has no value: there is no ${places.join(' and no ')}.`,
      range,
    );
  }

  get values(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values);
  }

  /** The names that were asked for so far, and the declared ones, each a text. */
  get type(): ValueType {
    const names = [...this.#declared.keys(), ...this.#values.keys(), ...this.#missing];
    return {
      kind: 'object',
      fields: Object.fromEntries(names.map((name) => [name, { type: { kind: 'string' }, optional: false }])),
    };
  }

  private valueFrom(sources: readonly SecretSource[]): string | undefined {
    return sources.map((source) => this.lookUp(source)).find((found) => found !== undefined);
  }

  private lookUp(source: SecretSource): string | undefined {
    if ('variable' in source) return this.host.variables[source.variable] || undefined;
    try {
      const path = join(this.host.rootPath || '/', source.file);
      return readRegularFile(path, largestSecret)
        .toString('utf8')
        .replace(/\r?\n$/, '');
    } catch {
      return undefined;
    }
  }
}

function undeclaredSources(name: string): SecretSource[] {
  return [{ variable: `DEVICERC_SECRET_${name.toUpperCase().replaceAll('-', '_')}` }, { file: `/run/secrets/${name}` }];
}

function readDeclaration(entry: MappingEntry, findings: Findings): SecretSource[] {
  const fields = Fields.read(entry.value, `the secret "${entry.key}"`, keysOf(secretKeys), findings);
  const source = fields?.exactlyOne(keysOf(secretKeys), entry.keyRange);
  const text = source && fields?.text(source.key);
  if (text === undefined) return [];
  if (source!.key === 'env') return [{ variable: text }];
  if (text.startsWith('/')) return [{ file: text }];
  findings.error('VALUE_INVALID', `"file" is "${text}"; it takes an absolute path.`, source!.value.range);
  return [];
}
