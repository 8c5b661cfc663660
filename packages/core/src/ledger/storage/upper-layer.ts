interface Mount {
  readonly point: string;
  readonly type: string;
  readonly options: string;
}

const octal = /\\([0-7]{3})/g;

/**
 * Where the upper layer of an overlay lies, which holds all that is written to it: `memory` is a tmpfs or ramfs, and `unseen`
 * says that its mount is not among these, as with the own layer of a container.
 * @param mountInfo proc_pid_mountinfo(5) of this process
 * @param path the real path of a folder on the overlay
 */
export function upperLayerOf(path: string, mountInfo: string): 'memory' | 'disk' | 'unseen' {
  const mounts = mountInfo.split('\n').flatMap(parseMount);
  const upper = /(?:^|,)upperdir=([^,]+)/.exec(mountOf(path, mounts)?.options ?? '')?.[1];
  const type = upper === undefined ? undefined : mountOf(unescaped(upper), mounts)?.type;
  if (type === undefined || type === 'overlay') return 'unseen';
  return type === 'tmpfs' || type === 'ramfs' ? 'memory' : 'disk';
}

function parseMount(line: string): readonly Mount[] {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [point, type, options] = [fields[4], fields[separator + 1], fields[separator + 3]];
  if (separator < 0 || point === undefined || type === undefined || options === undefined) return [];
  return [{ point: unescaped(point), type, options }];
}

/** Of two mounts on one point the later one covers the other. */
function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (best, next) => (best && best.point.length > next.point.length ? best : next),
      undefined,
    );
}

/** The kernel writes blanks and commas as octal numbers; a comma in an option keeps the backslash that mount(8) was given. */
function unescaped(text: string): string {
  const plain = text.replace(octal, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
  return plain.replaceAll('\\,', ',');
}
