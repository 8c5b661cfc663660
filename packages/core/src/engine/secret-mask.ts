import { patternOf, secretForms } from '../diagnostics/secret-texts.js';
import type { HostEnvironment } from '../host/host-environment.js';

/** Variables of the environment whose values never leave the process: keys of the balena and Supervisor APIs, our own. */
const secretVariable = /^DEVICERC_SECRET_|(?:^|_)(?:API_KEY|TOKEN|PASSWORD|SECRET)$/;
const replacement = '***';

/** Knows every secret value and replaces it wherever it occurs, in each of its {@link secretForms}. */
export class SecretMask {
  readonly #texts = new Set<string>();
  #pattern: RegExp | undefined;

  constructor(host: HostEnvironment) {
    this.add(
      Object.entries(host.variables)
        .filter(([name]) => secretVariable.test(name))
        .map(([, value]) => value ?? ''),
    );
  }

  add(values: Iterable<string>): void {
    for (const value of values) {
      for (const line of value === '' ? [] : [value, ...value.split('\n')]) {
        if (line.trim() === '') continue;
        for (const write of Object.values(secretForms)) this.#texts.add(write(line));
      }
    }
    this.#pattern = patternOf(this.#texts);
  }

  text(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, replacement) : text;
  }

  /** A copy of a JSON-like value with its texts and keys masked; objects with a form of their own are left to it. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const masked = this.text(String(value));
      return masked === String(value) ? value : masked;
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== 'object' || value === null) return value;
    if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.value(item)]));
  }
}
