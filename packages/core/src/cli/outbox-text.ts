import type { OutboxEntry, OutboxList } from '../outbox/outbox-list.js';
import { Duration } from '../clock/duration.js';
import { age as ageText, count, wrapped } from './text.js';

export function outboxText({ waiting, dead }: OutboxList): string {
  return [
    `${count(waiting.length, 'notification')} waiting`,
    ...waiting.map((entry) => entryText(entry, `to ${entry.target}`)),
    '',
    `${count(dead.length, 'notification')} given up`,
    ...dead.map((entry) => entryText(entry, entry.reason)),
  ].join('\n');
}

function entryText({ action, rule, age, attempts, lastError }: OutboxEntry, note: string): string {
  const facts = `${action} of ${rule}, ${note}: ${ageText(Duration.parse(String(age)).milliseconds)} old, ${count(attempts, 'attempt')}`;
  return wrapped(lastError === undefined ? facts : `${facts}, the last failed: ${lastError}`, 4, 2);
}
