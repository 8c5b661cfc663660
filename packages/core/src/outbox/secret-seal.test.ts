import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { coreError } from '../diagnostics/core-errors.js';
import { OutboxWorld, type Answer } from './outbox-world.fixture.js';
import { SecretSeal } from './secret-seal.js';

let world: OutboxWorld;
beforeEach(() => {
  world = new OutboxWorld();
});
afterEach(() => world.close());

const unreachable: Answer = () => Promise.reject(coreError('WEBHOOK_UNREACHABLE', 'no route'));

describe('secrets', () => {
  const token = 'T0p"S3cret/&';

  test('never lie in the record, whichever way they are written, and come back when the message is sent', async () => {
    const input = `https://x/${token}?a=${encodeURIComponent(token)}&b=${Buffer.from(token).toString('base64')}`;
    world.start({ token });
    world.answers.set('a', () => Promise.reject(new Error(`cannot reach ${token}`)));
    await world.send('then[0]', 'a', input);
    for (const form of [token, 'T0p', encodeURIComponent(token), Buffer.from(token).toString('base64')]) {
      expect(world.record).not.toContain(form);
      expect(JSON.stringify(world.outbox.list())).not.toContain(form);
      expect(JSON.stringify(world.log.lines)).not.toContain(form);
    }
    world.answers.delete('a');
    world.kill({ token });
    await world.clock.settle();
    expect(world.texts).toEqual([input, input]);
  });

  test('are sent with their present value', async () => {
    world.start({ token });
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a', `key ${token}`);
    world.answers.delete('a');
    world.kill({ token: 'changed' });
    await world.clock.settle();
    expect(world.texts.at(-1)).toBe('key changed');
  });

  test('that the file no longer names keep their message waiting', async () => {
    world.start({ token });
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a', `key ${token}`);
    world.answers.delete('a');
    world.kill();
    await world.advance('1h');
    expect(world.attempts).toHaveLength(1);
    expect(world.outbox.list().waiting[0]?.lastError).toContain('"token"');
  });

  test('that the file no longer names open nothing that another engine sealed', () => {
    const sealing = new SecretSeal();
    sealing.use({ token });
    const sealed = sealing.seal({ text: `key ${token}` });
    const message = expect.stringContaining('"token"');
    const missing = expect.objectContaining({ code: 'OUTBOX_SECRET_MISSING', message });
    expect(() => new SecretSeal().open(sealed)).toThrow(missing);
    expect(sealing.open(sealed)).toEqual({ text: `key ${token}` });
  });

  test('that a reload takes out of the file still open what waits, but seal nothing more', async () => {
    world.start({ token });
    world.answers.set('a', () => Promise.reject(new Error('no route')));
    await world.send('then[0]', 'a', `before ${token}`);
    world.outbox.useSecrets({});
    await world.send('then[1]', 'a', `after ${token}`);
    await world.advance('1h');
    world.answers.delete('a');
    await world.advance('1h');
    expect(world.texts.slice(-2)).toEqual([`before ${token}`, `after ${token}`]);
  });

  test('that a reload takes out of the file do not keep back, after a restart, what was sent since', async () => {
    world.start({ token });
    world.outbox.useSecrets({});
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a', `in the file itself now: ${token}`);
    world.answers.delete('a');
    world.kill();
    await world.advance('1h');
    expect(world.texts.at(-1)).toBe(`in the file itself now: ${token}`);
  });

  test('that swap their values are each sent with their own', async () => {
    world.start({ token, other: 'else' });
    world.outbox.useSecrets({ token: 'else', other: token });
    await world.send('then[0]', 'a', `${token} of other, else of token`);
    expect(world.texts).toEqual([`${token} of other, else of token`]);
  });

  test('cannot be asked for by a text from outside', async () => {
    world.start({ token });
    await world.send('then[0]', 'a', 'plain token ${{ secrets.token }}');
    expect(world.texts).toEqual(['plain token ${{ secrets.token }}']);
  });
});
