import { base64Cores, patternOf, secretForms } from '../diagnostics/secret-texts.js';
import type { HostEnvironment } from '../host/host-environment.js';

/** Variables of the environment whose values never leave the process: keys of the balena and Supervisor APIs, our own. */
const secretVariable = /^DEVICERC_SECRET_|(?:^|_)(?:API_KEY|TOKEN|PASSWORD|SECRET)$/;
const replacement = '***';
/** Shorter ones would be found in most texts and hide what is said: they are not masked, and named in a warning. */
const shortestSecret = 4;
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
  readonly #tooShort = new Set<string>();
  readonly #handedOut = new Set<string>();
  #pattern: RegExp | undefined;

  constructor(host: HostEnvironment) {
    this.addNamed(Object.fromEntries(Object.entries(host.variables).filter(([name]) => secretVariable.test(name))));
  }

  /** Takes secrets by their names, by which those that are too short to be masked can be named. */
  addNamed(secrets: Readonly<Record<string, string | undefined>>): void {
    const values = Object.entries(secrets).map(([name, value = '']) => {
      if (value !== '' && value.length < shortestSecret) this.#tooShort.add(name);
      return value;
    });
    this.add(values);
  }

  add(values: Iterable<string>): void {
    for (const value of values) {
      for (const line of [value, ...value.split('\n')]) {
        if (line.trim().length < shortestSecret) continue;
        for (const write of Object.values(secretForms)) this.#texts.add(write(line));
        for (const core of base64Cores(line)) this.#texts.add(core);
      }
    }
    this.#pattern = patternOf(this.#texts);
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

  #field(field: string, item: unknown): unknown {
    if (contentFields.has(field)) return this.value(item);
    if (isOwn(field, item)) return item;
    return this.structure(item);
  }
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
