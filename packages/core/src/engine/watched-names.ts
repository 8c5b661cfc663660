import { existsSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';

/** path_resolution(7): more links than this on one way are taken for a loop. */
const maximumLinks = 40;

/**
 * The names that decide what a path leads to: each symbolic link on the way, and what the last one leads to, whether it is
 * there or not. No name has a link above it. So a Kubernetes ConfigMap is noticed, which points `..data` at another folder
 * and leaves the files themselves, links through it, as they are.
 */
export function namesBehind(path: string): readonly string[] {
  const links: string[] = [];
  const rest = path.split('/');
  let real = '/';
  while (rest.length > 0 && links.length < maximumLinks) {
    const name = resolve(real, rest.shift()!);
    const target = targetOf(name);
    if (target === undefined) {
      real = name;
      continue;
    }
    links.push(name);
    rest.unshift(...target.split('/'));
    if (isAbsolute(target)) real = '/';
  }
  return [...links, real];
}

/** Of each path the nearest folder above it that is there: chokidar would find it, but says that it is ready before it has. */
export function nearestFolders(paths: Iterable<string>): string[] {
  return [...new Set([...paths].map(nearestFolder))];
}

/** A folder that is missing is noticed when it is made. */
export function withFoldersAbove(files: Iterable<string>): ReadonlySet<string> {
  const paths = new Set(files);
  for (const path of paths) paths.add(dirname(path));
  return paths;
}

function nearestFolder(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) ? folder : nearestFolder(folder);
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
