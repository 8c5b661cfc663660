import { z } from '../../schemas/schema.js';

/** Raised when a client and an engine of different releases would misunderstand each other. */
export const controlVersion = 1;

/** Bytes of one line. A request beyond it is refused, an answer beyond it is replaced by an error. */
export const largestRequest = 64 * 1024;
export const largestAnswer = 4 * 1024 * 1024;

export const socketName = 'control.sock';

/** One line of JSON from the client. */
export const controlRequest = z.strictObject({
  version: z.number(),
  command: z.string(),
  with: z.record(z.string(), z.unknown()).default({}),
});

/** One line of JSON from the engine, for each request. */
export type ControlAnswer =
  | { readonly version: number; readonly ok: true; readonly result: unknown }
  | {
      readonly version: number;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
    };
