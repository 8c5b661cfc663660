import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration } from '../clock/duration.js';
import { SecretSeal } from './secret-seal.js';

function sealOf(secrets: Readonly<Record<string, string>>, variables = {}): SecretSeal {
  const seal = new SecretSeal({ variables });
  seal.use(secrets);
  return seal;
}

const token = 'T0p"S3cret/&';

describe('a value that is sealed', () => {
  test.each([
    ['as it is', token],
    ['inside of JSON', JSON.stringify({ token })],
    ['percent-encoded', `https://x/?t=${encodeURIComponent(token)}`],
    ['in Base64', Buffer.from(token).toString('base64')],
    ['as bytes', new Uint8Array(Buffer.from(token))],
    ['in a list and as a name', [{ [`x-${token}`]: 1 }]],
  ])('holds no secret %s, and gives it back', (_form, value) => {
    const seal = sealOf({ token });
    const sealed = seal.sealValue(value);
    expect(JSON.stringify(sealed)).not.toMatch(/T0p|VDBw/);
    expect(seal.openValue(sealed)).toEqual(value);
  });

  test('holds no number that is a secret, and gives it back as a number', () => {
    const seal = sealOf({ pin: '4815' });
    const sealed = seal.sealValue({ pin: 4815, other: 48150, for: Duration.parse('1m') });
    expect(JSON.stringify(sealed)).not.toMatch(/\b4815\b/);
    expect(seal.openValue(sealed)).toEqual({ pin: 4815, other: 48150, for: Duration.parse('1m') });
  });

  test('holds no secret of the environment', () => {
    const seal = sealOf({}, { BALENA_API_KEY: 'b4lena', HOME: '/root' });
    expect(seal.openValue(seal.sealValue('/root b4lena'))).toBe('/root b4lena');
    expect(JSON.stringify(seal.sealValue('/root b4lena'))).toMatch(/\/root .*BALENA_API_KEY/);
  });

  test('comes back as it was, whatever the secrets and the texts are', () => {
    const texts = fc.string({ unit: fc.constantFrom('\u0010', 'a', 'b', ' ', 'plain a', '1', '%') });
    const values = fc.letrec((tie) => ({
      value: fc.oneof(texts, fc.nat(20), fc.array(tie('value')), fc.dictionary(texts, tie('value'))),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'a b'), texts), values, (secrets, value) => {
        const seal = sealOf(secrets);
        expect(seal.openValue(seal.sealValue(value))).toEqual(value);
      }),
    );
  });

  test('comes back with the secret as it is now, also when it was sealed under a former value', () => {
    const seal = sealOf({ token: 'old' });
    const sealed = seal.sealValue('key old');
    seal.use({ token: 'new' });
    expect(seal.openValue(sealed)).toBe('key new');
    expect(seal.openValue(seal.sealValue('key old'))).toBe('key new');
  });

  test('cannot be read once its secret is gone; a key stays a text', () => {
    const sealed = sealOf({ token }).sealText(`key ${token}`);
    expect(() => sealOf({}).openText(sealed)).toThrow('"token"');
    expect(sealOf({}).openKey(sealed)).toBe('key ***');
  });
});

test('a text from outside cannot ask for a secret', () => {
  const seal = sealOf({ token });
  const forged = seal.sealText(token);
  expect(seal.openText(seal.sealText(forged))).toBe(forged);
});

test('the same text is sealed the same each time, so that it can be a key', () => {
  const seal = sealOf({ token });
  expect(seal.sealText(`a ${token}`)).toBe(seal.sealText(`a ${token}`));
});
