import { randomBytes } from 'node:crypto';
import { coreError } from '../diagnostics/core-errors.js';
import { patternOf, secretForms } from '../diagnostics/secret-texts.js';
import type { JsonValue } from '../ledger/ledger.js';

/** A value as it may lie on a disk. */
export interface Sealed {
  readonly value: JsonValue;
  /**
   * Stands on both sides of each reference to a secret, as in `MARK plain NAME MARK`; left out where there is none. It is
   * random, so that no text from outside can pass for a reference.
   */
  readonly mark?: string;
}

/** What a text stands for: a secret, and how it is written. */
interface Reference {
  readonly form: string;
  readonly name: string;
}

/**
 * Keeps secrets out of what is stored: the value becomes a reference to its name, and the present value comes back. A name
 * that is gone from the file seals no longer: after a restart nothing could open what it had sealed.
 */
export class SecretSeal {
  /** References by the text they stand for; former values of a name stay known, since running rules may still hold them. */
  #references: ReadonlyMap<string, Reference> = new Map();
  /** The last value of each name there was, for what was sealed while the file named it. */
  readonly #secrets = new Map<string, string>();
  #pattern: RegExp | undefined;

  use(secrets: Readonly<Record<string, string>>): void {
    const former = [...this.#references].filter(([, { name }]) => Object.hasOwn(secrets, name));
    const present = Object.entries(secrets).flatMap(([name, secret]) => referencesTo(name, secret));
    this.#references = new Map([...former, ...present]);
    for (const [name, secret] of Object.entries(secrets)) this.#secrets.set(name, secret);
    this.#pattern = patternOf(this.#references.keys());
  }

  /** Durations and dates become their text, as in every JSON. */
  seal(input: unknown): Sealed {
    const value = asJson(input);
    const pattern = this.#pattern;
    if (!pattern) return { value };
    const mark = randomBytes(8).toString('hex');
    let isSealed = false;
    const sealed = mapTexts(value, (text) =>
      text.replace(pattern, (secret) => {
        isSealed = true;
        const { form, name } = this.#references.get(secret)!;
        return `${mark} ${form} ${name} ${mark}`;
      }),
    );
    return isSealed ? { value: sealed, mark } : { value };
  }

  /** @throws DeviceError `OUTBOX_SECRET_MISSING` */
  open({ value, mark }: Sealed): JsonValue {
    if (mark === undefined) return value;
    const reference = new RegExp(`${mark} (\\w+) (.+?) ${mark}`, 'g');
    return mapTexts(value, (text) =>
      text.replace(reference, (_all, form: string, name: string) => this.#text(form, name)),
    );
  }

  #text(form: string, name: string): string {
    const secret = this.#secrets.get(name);
    if (secret === undefined)
      throw coreError('OUTBOX_SECRET_MISSING', `The file no longer names the secret "${name}".`);
    return secretForms[form]!(secret);
  }
}

/** A secret that looks the same in several forms counts as plain: its next value may not. */
function referencesTo(name: string, secret: string): readonly (readonly [text: string, reference: Reference])[] {
  if (secret === '') return [];
  const forms = Object.entries(secretForms).toReversed();
  return forms.map(([form, write]) => [write(secret), { form, name }]);
}

function asJson(value: unknown): JsonValue {
  const text = JSON.stringify(value ?? null, (_key, member: unknown) =>
    typeof member === 'bigint' ? Number(member) : member,
  );
  return JSON.parse(text) as JsonValue;
}

function mapTexts(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapTexts(item as JsonValue, map)]));
}
