import { base64Cores, patternOf, secretForms } from '../diagnostics/secret-texts.js';
import type { HostEnvironment } from '../host/host-environment.js';

/** Variables of the environment whose values never leave the process: keys of the balena and Supervisor APIs, our own. */
const secretVariable = /^DEVICERC_SECRET_|(?:^|_)(?:API_KEY|TOKEN|PASSWORD|SECRET)$/;
const replacement = '***';
/** Shorter ones would be found in most texts and hide what is said: they are not masked, and named in a warning. */
const shortestSecret = 4;
/** Values that are kept of one who learns them while the engine runs: a token that changes each hour fills no memory. */
const learnedLimit = 100;
/** Fields of our own structures whose content came from outside. */
const contentFields = new Set(['input', 'output', 'value', 'data', 'event', 'parameters', 'trigger']);
/** Fields that hold names of the file and of packages, codes and identities of ours. */
const nameFields = new Set([
  'rule',
  'stream',
  'action',
  'control',
  'plugin',
  'plugins',
  'code',
  'run',
  'step',
  'id',
  'path',
  'name',
]);
/** Words of our own structures; a text that is more than such a word is masked as any. */
const ownWords: Readonly<Record<string, ReadonlySet<string>>> = {
  state: wordsOf('idle holding running limited faulted disabled paused loaded stopped'),
  outcome: wordsOf(
    'succeeded failed stopped aborted timed-out shadowed parked skipped running happened blocked lost unreachable',
  ),
  lastOutcome: wordsOf('succeeded failed stopped aborted timed-out shadowed parked'),
  quality: wordsOf('ok stale lost'),
  kind: wordsOf('event level hold state'),
  is: wordsOf('true false lost faulted'),
  reason: wordsOf('limit cooldown mode condition disabled key-limit faulted put-off expired refused overflow'),
};

/** Knows every secret value and replaces it wherever it occurs, in each of its {@link secretForms} and inside of Base64. */
export class SecretMask {
  readonly #texts = new Set<string>();
  /** Texts by the values that stand behind them, by who learned these; the latest last. */
  readonly #learned = new Map<string, Map<string, ReadonlySet<string>>>();
  readonly #tooShort = new Set<string>();
  readonly #handedOut = new Set<string>();
  #pattern: RegExp | undefined;

  constructor(host: HostEnvironment) {
    this.addNamed(Object.fromEntries(Object.entries(host.variables).filter(([name]) => secretVariable.test(name))));
  }

  /** Takes secrets by their names, by which those that are too short to be masked can be named. */
  addNamed(secrets: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value = ''] of Object.entries(secrets)) this.#noteIfShort(name, value);
    this.add(Object.values(secrets).map((value = '') => value));
  }

  add(values: Iterable<string>): void {
    for (const value of values) for (const text of textsOf(value)) this.#texts.add(text);
    this.#renew();
  }

  /**
   * Takes a secret that somebody learned while the engine runs: of each, the last 100.
   * @param owner such as a plugin
   */
  learn(owner: string, name: string, value: string): void {
    this.#noteIfShort(`${owner}: ${name}`, value);
    const values = this.#learned.get(owner) ?? new Map<string, ReadonlySet<string>>();
    const known = values.get(value);
    this.#learned.set(owner, values);
    values.delete(value);
    values.set(value, known ?? textsOf(value));
    if (known) return;
    if (values.size > learnedLimit) values.delete(values.keys().next().value!);
    this.#renew();
  }

  /** Names of the secrets that are too short to be masked, each handed out once. */
  takeTooShort(): readonly string[] {
    const names = [...this.#tooShort].filter((name) => !this.#handedOut.has(name));
    for (const name of names) this.#handedOut.add(name);
    return names;
  }

  text(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, replacement) : text;
  }

  /**
   * A copy of JSON-like content from outside with its texts, numbers and keys masked; objects with a form of their own are
   * left to it.
   */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const masked = this.text(String(value));
      return masked === String(value) ? value : masked;
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.value(item)]));
  }

  /** A copy of a structure of ours: its keys, numbers, names and words stay, texts and what came from outside are masked. */
  structure(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.structure(item));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, this.#field(field, item)]));
  }

  #noteIfShort(name: string, value: string): void {
    if (value !== '' && value.length < shortestSecret) this.#tooShort.add(name);
  }

  #renew(): void {
    const learned = [...this.#learned.values()].flatMap((values) => [...values.values()]);
    this.#pattern = patternOf(new Set([this.#texts, ...learned].flatMap((texts) => [...texts])));
  }

  #field(field: string, item: unknown): unknown {
    if (contentFields.has(field)) return this.value(item);
    if (isOwn(field, item)) return item;
    return this.structure(item);
  }
}

/** Each way in which it, or a line of it, may be written. */
function textsOf(value: string): ReadonlySet<string> {
  const lines = [value, ...value.split('\n')].filter((line) => line.trim().length >= shortestSecret);
  return new Set(
    lines.flatMap((line) => [...Object.values(secretForms).map((write) => write(line)), ...base64Cores(line)]),
  );
}

function isOwn(field: string, item: unknown): boolean {
  if (Array.isArray(item)) return item.every((element) => isOwn(field, element));
  if (typeof item !== 'string') return false;
  return nameFields.has(field) || (Object.hasOwn(ownWords, field) && ownWords[field]!.has(item));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
}
