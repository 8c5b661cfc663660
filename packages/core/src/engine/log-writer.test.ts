import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../clock/virtual-clock.js';
import { Duration } from '../clock/duration.js';
import { ProcessHost } from '../host/process-host.js';
import { LogWriter, type LogFormat } from './log-writer.js';
import { SecretMask } from './secret-mask.js';

function writer(format: LogFormat, variables: Record<string, string> = {}) {
  const lines: string[] = [];
  const mask = new SecretMask(Object.assign(new ProcessHost(), { variables }));
  const clock = new VirtualClock();
  const log = new LogWriter({ clock, format, level: 'info', color: false, mask, write: (line) => lines.push(line) });
  return { log, lines, mask };
}

describe('the log writer', () => {
  test('writes one JSON object a line, with time, level, message and what the logger was bound to', () => {
    const { log, lines } = writer('json');
    log.child({ rule: 'door' }).warn('Door open', { for: Duration.parse('10m'), big: 10n });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      message: 'Door open',
      rule: 'door',
      for: '10m',
      big: '10',
    });
  });

  test('leaves out what is below its level', () => {
    const { log, lines } = writer('json');
    log.debug('detail');
    expect(lines).toEqual([]);
  });

  test('cannot be told another rule, time or message by the fields of a line', () => {
    const { log, lines } = writer('json');
    log.child({ rule: 'door' }).info('real', { rule: 'other', message: 'forged', time: 'never' });
    expect(JSON.parse(lines[0]!)).toMatchObject({ rule: 'door', message: 'real', time: '2026-01-01T00:00:00.000Z' });
  });

  test.each(['json', 'pretty'] as const)('escapes what would move a terminal or break a line, as %s', (format) => {
    const { log, lines } = writer(format);
    log.info('label \u001b[2J\nfake line \u202e\u009b', { 'field\u001b': 'a\rb' });
    expect(lines[0]!.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('survives a field that JSON cannot hold', () => {
    const { log, lines } = writer('json');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('still here', { circle });
    expect(JSON.parse(lines[0]!)).toMatchObject({ message: 'still here', circle: '[not JSON]' });
  });

  test.each(['json', 'pretty'] as const)('masks secrets wherever they occur, as %s', (format) => {
    const { log, lines, mask } = writer(format, {
      BALENA_API_KEY: 'dead/beef 12',
      DEVICERC_SECRET_HOOK: 'https://h/T0',
    });
    mask.add(['"quoted"\nsecond line']);
    log.info('key dead/beef 12 https://h/T0 "quoted"', {
      nested: { url: ['http://x/?apikey=dead%2Fbeef%2012'], 'https://h/T0': 1, line: 'second line' },
      basic: Buffer.from('dead/beef 12').toString('base64'),
    });
    expect(lines[0]).not.toMatch(/dead|beef|h\/T0|quoted|second line|ZGVhZC9/);
    expect(lines[0]).toContain('***');
  });
});
