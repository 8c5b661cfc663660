/**
 * The files of the state folder, as the ledger needs them: named, flat, appended to. What fails throws an Error whose
 * `code` is the name of the errno, such as ENOSPC, EROFS or EIO.
 */
export abstract class LedgerFolder {
  /** Names of the files, in no order. */
  abstract list(): readonly string[];

  /** All bytes of a file; undefined when it is not there. */
  abstract read(name: string): Buffer | undefined;

  /**
   * Adds bytes to the end in one write; the file is made when it is missing. When it throws, any part of them may be in the
   * file. They outlive the process, but not a power cut.
   */
  abstract append(name: string, bytes: Buffer): void;

  /** Puts bytes over the beginning of a file, which is made when it is missing; otherwise like `append`. */
  abstract overwrite(name: string, bytes: Buffer): void;

  /** When it resolves, all that was appended before the call survives a power cut, and so does the name of the file. */
  abstract sync(name: string): Promise<void>;

  /** Does nothing when the file is not there. A power cut may bring the file back. */
  abstract remove(name: string): void;

  /** Gives up the files and the right to write them. */
  abstract close(): void;
}

/** The name of the errno behind an error of the file system. */
export function errnoOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
