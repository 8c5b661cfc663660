import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProcessHost } from '../host/process-host.js';
import { SecretMask } from './secret-mask.js';

function maskWith(variables: Record<string, string>): SecretMask {
  return new SecretMask(Object.assign(new ProcessHost(), { variables }));
}

const secrets = fc.string({ minLength: 4, maxLength: 40 }).filter((text) => text.trim().length >= 4);

describe('a secret that is a word of ours', () => {
  const status = {
    state: 'idle',
    rules: [{ rule: 'state', state: 'limited', detail: 'waits for state', runs: 1234, refusals: { limit: 1234 } }],
    runs: [
      { id: '1234', outcome: 'failed', steps: [{ path: 'then[0]', step: 'do log', input: { limited: 'limited' } }] },
    ],
  };

  test.each(['state', 'limited', 'idle', 'failed', 'rule', '1234', 'limit'])('leaves the structure: %s', (secret) => {
    const masked = maskWith({ DB_PASSWORD: secret }).structure(status) as typeof status;
    expect(masked).toMatchObject({
      state: 'idle',
      rules: [{ rule: 'state', state: 'limited', runs: 1234, refusals: { limit: 1234 } }],
      runs: [{ id: '1234', outcome: 'failed', steps: [{ path: 'then[0]', step: 'do log' }] }],
    });
  });

  test('is masked in what came from outside', () => {
    const masked = maskWith({ DB_PASSWORD: 'limited' }).structure(status) as typeof status;
    expect(masked.runs[0]!.steps[0]!.input).toEqual({ '***': '***' });
    expect(maskWith({ DB_PASSWORD: 'state' }).structure({ input: { state: 'state' } })).toEqual({
      input: { '***': '***' },
    });
  });
});

test('a secret of fewer than four characters masks nothing and is named once', () => {
  const mask = maskWith({ DB_PASSWORD: 'a', API_KEY: 'long enough', EMPTY_TOKEN: '' });
  mask.addNamed({ pin: '123', hook: 'https://h/1' });
  expect(mask.text('a banana costs 123')).toBe('a banana costs 123');
  expect([mask.takeTooShort(), mask.takeTooShort()]).toEqual([['DB_PASSWORD', 'pin'], []]);
});

test('of those who learn secrets while the engine runs, each has its last 100 values masked', () => {
  const mask = maskWith({ DB_PASSWORD: 'token-0' });
  mask.learn('radio', 'key', 'first-key');
  mask.learn('box', 'key', 'of-the-box');
  for (let round = 0; round < 99; round++) mask.learn('radio', 'key', `token-${round}`);
  expect(mask.text('first-key of-the-box')).toBe('*** ***');
  mask.learn('radio', 'key', 'first-key');
  mask.learn('radio', 'key', 'token-99');
  expect(mask.text('first-key of-the-box token-1. token-99.')).toBe('*** *** ***. ***.');
  mask.learn('radio', 'key', 'token-100');
  expect(mask.text('token-0. token-1. token-100.')).toBe('***. token-1. ***.');
});

test('no text of a secret stays in Base64 of it with anything before and after it', () => {
  fc.assert(
    fc.property(
      secrets,
      fc.string(),
      fc.string(),
      fc.constantFrom('base64', 'base64url'),
      (secret, before, after, form) => {
        const encoded = Buffer.from(`${before}${secret}${after}`).toString(form as BufferEncoding);
        const masked = maskWith({ DB_PASSWORD: secret }).text(`Authorization: Basic ${encoded}`);
        expect(masked).toContain('***');
        for (const part of masked.slice('Authorization: Basic '.length).split('***')) {
          expect(Buffer.from(part, 'base64').toString()).not.toContain(secret);
        }
      },
    ),
  );
});

test('no text of a secret stays in content, and the structure around it is the same', () => {
  fc.assert(
    fc.property(secrets, fc.object({ maxDepth: 3 }), fc.nat(), (secret, content, number) => {
      fc.pre(!'***'.includes(secret));
      const input = [content, `with ${secret}!`, { [secret]: secret }];
      const structure = { rule: secret, state: 'running', runs: number, steps: [{ outcome: 'failed', input }] };
      const masked = maskWith({ DB_PASSWORD: secret }).structure(structure) as typeof structure;
      expect(masked).toMatchObject({ rule: secret, state: 'running', runs: number, steps: [{ outcome: 'failed' }] });
      expect(masked.steps[0]!.input.slice(1)).toEqual(['with ***!', { '***': '***' }]);
    }),
  );
});
