/**
 * The candidate that a mistyped name was most likely meant to be, or undefined when none is close: at most one edit for
 * short names, about a third of the letters for longer ones.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const bound = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = bound + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/**
 * Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours
 * (https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance).
 */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replacement = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      let distance = Math.min(replacement, previous[column]! + 1, current[column - 1]! + 1);
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) distance = Math.min(distance, beforePrevious[column - 2]! + 1);
      current.push(distance);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[right.length]!;
}
