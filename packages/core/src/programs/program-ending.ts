/** Characters of a program's last words that a message holds: a line has no end where no line feed is. */
const longestLine = 500;

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** How a program ended, with the last line of its errors, such as `mount ended with code 32: no such disk`. */
export function endingOf([program]: readonly string[], { code, signal, stderr }: Ending): string {
  const ending = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
  return `${program} ${ending}${lastLine(stderr)}`;
}

function lastLine(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim();
  if (!line) return '.';
  return line.length > longestLine ? `: ${line.slice(0, longestLine)}…` : `: ${line}`;
}
