import { coreError } from '../diagnostics/core-errors.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { patternOf, secretForms, secretVariablesOf } from '../host/secret-texts.js';
import type { JsonValue } from './ledger.js';
import { fromTypedJson, toTypedJson } from './typed-json.js';

/**
 * Begins and ends a reference to a secret, as in `MARK plain NAME MARK` without the outer blanks: U+0010, "data link
 * escape". In a text from outside it is doubled, so that none can pass for a reference.
 */
const mark = '\u0010';
const reference = new RegExp(`${mark}(?:${mark}|(\\w+) ([^${mark}]+)${mark})`, 'g');
/** A number that is a secret, such as a PIN that an expression made an `int` of. */
const numberReference = new RegExp(`^${mark}number ([^${mark}]+)${mark}$`);

/**
 * Keeps secrets off the disk: what is stored holds a reference to the secret's name in place of its value, and the value
 * that the secret has at the time comes back when it is read.
 */
export class SecretSeal {
  /** References by the text they stand for; former values stay known, since running rules may still hold them. */
  readonly #references = new Map<string, string>();
  readonly #environment: ReadonlyMap<string, string>;
  #secrets: ReadonlyMap<string, string>;
  #secretTexts: RegExp | undefined;
  #sealedTexts: RegExp = new RegExp(mark, 'g');

  constructor(host: Pick<HostEnvironment, 'variables'>) {
    this.#environment = new Map(secretVariablesOf(host).map(([name, value]) => [`env:${name}`, value]));
    this.#secrets = this.#environment;
    this.#know(this.#environment);
  }

  /** The secrets of the file, in place of those of a former one. */
  use(secrets: Readonly<Record<string, string>>): void {
    const ofFile = new Map(Object.entries(secrets).map(([name, value]) => [encodeURIComponent(name), value]));
    this.#secrets = new Map([...this.#environment, ...ofFile]);
    this.#know(ofFile);
  }

  seal(value: JsonValue): JsonValue {
    return mapTexts(
      value,
      (text) => this.sealText(text),
      (number) => {
        const name = /^plain (.+)$/.exec(this.#references.get(String(number)) ?? '')?.[1];
        return name === undefined ? number : `${mark}number ${name}${mark}`;
      },
    );
  }

  /** @throws DeviceError `SECRET_GONE` */
  open(value: JsonValue): JsonValue {
    return mapTexts(value, (text) => {
      const name = numberReference.exec(text)?.[1];
      return name === undefined ? this.openText(text) : Number(this.#valueOf(name));
    });
  }

  /** A value of an expression, with its type. */
  sealValue(value: unknown): JsonValue {
    return this.seal(toTypedJson(value));
  }

  /**
   * What `sealValue` was given.
   * @throws DeviceError `SECRET_GONE`
   */
  openValue(json: JsonValue): unknown {
    return fromTypedJson(this.open(json));
  }

  /** The same text gives the same, so that it can be a key. */
  sealText(text: string): string {
    return text.replace(this.#sealedTexts, (found) =>
      found === mark ? mark + mark : `${mark}${this.#references.get(found)}${mark}`,
    );
  }

  /** Like `openText`, with `***` for a secret that is gone: no event comes for such a key any more. */
  openKey(key: string): string {
    try {
      return this.openText(key);
    } catch {
      return key.replace(reference, '***');
    }
  }

  /** @throws DeviceError `SECRET_GONE` */
  openText(text: string): string {
    return text.replace(reference, (_all, form: string | undefined, name: string) =>
      form === undefined ? mark : secretForms[form]!(this.#valueOf(name)),
    );
  }

  /** For what nobody has to read again. */
  mask(text: string): string {
    return this.#secretTexts ? text.replace(this.#secretTexts, '***') : text;
  }

  #know(secrets: ReadonlyMap<string, string>): void {
    for (const [name, secret] of secrets) {
      if (secret === '') continue;
      for (const [form, write] of Object.entries(secretForms)) this.#references.set(write(secret), `${form} ${name}`);
      this.#references.set(secret, `plain ${name}`);
    }
    this.#secretTexts = patternOf(this.#references.keys());
    this.#sealedTexts = patternOf([...this.#references.keys(), mark])!;
  }

  #valueOf(name: string): string {
    const secret = this.#secrets.get(name);
    if (secret !== undefined) return secret;
    throw coreError('SECRET_GONE', `The secret "${decodeURIComponent(name)}" is no longer known.`);
  }
}

function mapTexts(
  value: JsonValue,
  map: (text: string) => JsonValue,
  mapNumber: (number: number) => JsonValue = (number) => number,
): JsonValue {
  if (typeof value === 'string') return map(value);
  if (typeof value === 'number') return mapNumber(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapTexts(item, map, mapNumber));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value) as [string, JsonValue][];
  return Object.fromEntries(members.map(([key, item]) => [String(map(key)), mapTexts(item, map, mapNumber)]));
}
