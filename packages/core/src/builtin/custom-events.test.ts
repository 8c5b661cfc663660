import { expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { CustomEvents } from './custom-events.js';

test('a flood of events loses the oldest, and one line of the log says how many', async () => {
  const clock = new VirtualClock();
  const log = new RecordingLogger();
  const events = new CustomEvents(clock, log);
  const seen: unknown[] = [];
  events.all.subscribe(({ data }) => seen.push(data));
  for (let number = 0; number < 1_500; number++) events.emit('door', number);
  await clock.advance(Duration.parse('10ms'));
  expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 500));
  expect(log.lines.map(({ message }) => message)).toEqual([
    '500 custom events were dropped: at most 1000 may wait, or 4 MiB; the last of them was "door".',
  ]);
  events.emit('door', 'after');
  await clock.advance(Duration.parse('10ms'));
  expect(seen.at(-1)).toBe('after');
  expect(log.lines).toHaveLength(1);
  events.dispose();
});

test('large events have a bound together, and one alone', async () => {
  const clock = new VirtualClock();
  const log = new RecordingLogger();
  const events = new CustomEvents(clock, log);
  const seen: unknown[] = [];
  events.all.subscribe(({ data }) => seen.push(data));
  const text = 'x'.repeat(500_000);
  for (let number = 0; number < 10; number++) events.emit('door', { number, text });
  const message = expect.stringContaining('"door" is too large');
  const tooLarge = expect.objectContaining({ code: 'EVENT_TOO_LARGE', message });
  expect(() => events.emit('door', [text, text])).toThrow(tooLarge);
  await clock.advance(Duration.parse('10ms'));
  expect(seen).toMatchObject([6, 7, 8, 9].map((number) => ({ number })));
  expect(log.lines[0]!.message).toMatch(/^6 custom events were dropped/);
  events.dispose();
});
