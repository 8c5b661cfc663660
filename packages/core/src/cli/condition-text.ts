import type { ConditionExplanation } from '../rules/condition-explanation.js';
import { age, wrapped } from './text.js';

const longestValue = 60;

/** A condition, what it says now, and the value of each of its parts. */
export function conditionLines(
  word: string,
  { text, is, detail, parts, reads }: ConditionExplanation,
  now: number,
): string[] {
  const lost = reads.filter(({ quality }) => quality === 'lost').map(({ stream }) => stream);
  // Why a stream is lost is told once, below.
  const verdict = detail === undefined || is === 'lost' ? is : `${is}: ${detail}`;
  return [
    wrapped(`${word.padEnd(6)} ${text.replace(/\s+/g, ' ')}`, 7, 0),
    wrapped(`is ${verdict}`, 7),
    ...parts
      .slice(1)
      .map((part) => wrapped(`${valueOf(part, lost).padEnd(7)} ${part.text.replace(/\s+/g, ' ')}`, 17, 9)),
    ...reads
      .filter(({ quality }) => quality !== 'ok')
      .map(({ stream, quality, since, reason }) =>
        wrapped(`${stream} is ${quality} for ${age(now - since)}${reason === undefined ? '' : `: ${reason}`}`, 9),
      ),
  ];
}

function valueOf({ value, error }: ConditionExplanation['parts'][number], lost: readonly string[]): string {
  if (error !== undefined)
    return lost.some((stream) => error.startsWith(`${stream} is lost`)) ? '(lost)' : `(${error})`;
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
