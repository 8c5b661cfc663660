import { RealClock } from '../clock/real-clock.js';
import { Duration } from '../clock/duration.js';
import { errorText, print } from './print.js';

const pause = Duration.parse('1s');
/** Cursor home, and after each line and the last one: erase what is left of the former text (ECMA-48: CUP, EL, ED). */
const home = '\u001b[H';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';
/** A terminal over a relay, as of `balena exec`, may not know its size and says 0. */
const usualRows = 24;

/**
 * Shows a text anew every second, in place on a terminal, until the process is interrupted. An engine that is away for a
 * while is waited for.
 */
export async function watchText(show: () => Promise<string>): Promise<never> {
  const clock = new RealClock();
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J');
  for (;;) {
    const text = await show().catch((error: unknown) => errorText(error, false));
    if (process.stdout.isTTY) {
      process.stdout.write(`${home}${fitting(text)}${eraseBelow}`);
    } else print(text);
    await clock.sleep(pause, 'watch');
  }
}

/** As many lines as the terminal has rows: more would scroll, and the next text would not fall in place. */
function fitting(text: string): string {
  const rows = Math.max(1, (process.stdout.rows || usualRows) - 1);
  const lines = text.split('\n');
  const shown = lines.length > rows ? [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`] : lines;
  return shown.map((line) => `${line}${eraseLine}\n`).join('');
}
