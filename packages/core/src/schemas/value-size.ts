/** What a number, or an entry of a list or map, takes besides its content. */
const smallest = 16;

/**
 * About how many bytes of memory a JSON-like value takes: two for each character, which is what most texts take at most. What
 * is there several times counts several times, as in JSON.
 * @param most to look no further once it is that large; circles end there, too
 */
export function sizeOfValue(value: unknown, most = Infinity): number {
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= most) {
    const next = waiting.pop();
    size += smallest;
    if (typeof next === 'string') size += 2 * next.length;
    else if (ArrayBuffer.isView(next)) size += next.byteLength;
    else if (Array.isArray(next)) {
      if (size + smallest * next.length > most) return size + smallest * next.length;
      for (const item of next) waiting.push(item);
    } else if (typeof next === 'object' && next !== null) {
      for (const name in next) {
        size += 2 * name.length;
        waiting.push((next as Record<string, unknown>)[name]);
      }
    }
  }
  return size;
}
