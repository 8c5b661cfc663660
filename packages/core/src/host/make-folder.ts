import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, each for its owner alone (0700). One by one: the recursive way of Node
 * never comes back where a file system knows no folder above and makes none either, as procfs does.
 * @returns the folders that were made, the highest first
 * @throws Error of the file system
 */
export function makeFolder(path: string): readonly string[] {
  try {
    mkdirSync(path, { mode: 0o700 });
    return [path];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return [];
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    const above = makeFolder(dirname(path));
    // What is there already and has no room for a folder would be asked for ever.
    if (above.length === 0) throw error;
    mkdirSync(path, { mode: 0o700 });
    return [...above, path];
  }
}
