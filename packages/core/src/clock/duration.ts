import { coreError } from '../diagnostics/core-errors.js';

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const durationText = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const durationPart = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * A length of time on the boottime clock. Written `500ms`, `10m`, `1h30m`; days (`d`) are 24 hours.
 * A bare number is never a duration, so that no reader has to guess a unit.
 */
export class Duration {
  static readonly zero = new Duration(0);

  private constructor(readonly milliseconds: number) {}

  /** The way for code; a file gives text, see {@link parse}. Fractions are kept, a negative one is a time that has passed. */
  static ofMilliseconds(milliseconds: number): Duration {
    return new Duration(milliseconds);
  }

  /** @throws DeviceError `DURATION_MALFORMED` */
  static parse(text: string): Duration {
    if (!durationText.test(text)) {
      throw coreError('DURATION_MALFORMED', `"${text}" is not a duration.`);
    }
    let total = 0;
    for (const [, amount, unit] of text.matchAll(durationPart)) total += Number(amount) * unitMilliseconds[unit!]!;
    return new Duration(total);
  }

  /** In whole seconds, rounded up, for a person; a time under a second stays as it is. */
  inSeconds(): Duration {
    return this.milliseconds < 1_000 ? this : new Duration(Math.ceil(this.milliseconds / 1_000) * 1_000);
  }

  /** The shortest form that parses back to the same value: `1h30m`, `500ms`. */
  toString(): string {
    if (this.milliseconds < 0) return `-${new Duration(-this.milliseconds).toString()}`;
    let rest = Math.round(this.milliseconds);
    let text = '';
    for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
      const amount = Math.floor(rest / unitMilliseconds[unit]!);
      if (amount > 0) text += `${amount}${unit}`;
      rest -= amount * unitMilliseconds[unit]!;
    }
    return text || '0s';
  }

  toJSON(): string {
    return this.toString();
  }

  /** Milliseconds, so that durations compare with `<` and add up with `+`. */
  valueOf(): number {
    return this.milliseconds;
  }
}
