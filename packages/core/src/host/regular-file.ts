import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Opens a regular file, and nothing else: to open a pipe waits for its other end, and to open some devices is to use them.
 * @throws Error of the file system; with code `EINVAL` where something else bears the name
 */
export function openRegularFile(path: string, flags: number, mode?: number): number {
  const named = statSync(path, { throwIfNoEntry: false });
  if (named && !named.isFile()) throw notRegular(path);
  // A pipe that came in between is opened without waiting.
  const file = openSync(path, flags | constants.O_NONBLOCK, mode);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw notRegular(path);
}

/**
 * All bytes of a regular file.
 * @throws Error of the file system; with code `EINVAL` where it is something else, `EFBIG` where it has more bytes
 */
export function readRegularFile(path: string, maximumBytes: number): Buffer {
  const file = openRegularFile(path, constants.O_RDONLY);
  try {
    const { size } = fstatSync(file);
    if (size > maximumBytes) throw fault('EFBIG', `${path} has ${size} bytes, and at most ${maximumBytes} are read`);
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let read = 1; read > 0 && length < size; length += read) {
      read = readSync(file, bytes, length, size - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function notRegular(path: string): Error {
  return fault('EINVAL', `${path} is not a regular file`);
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
