/**
 * What the work comes to. When the signal is aborted before, it rejects with the signal's reason, and the work is left
 * behind.
 * @param discard gets what the work comes to after that
 */
export async function unlessAborted<Result>(
  signal: AbortSignal,
  work: Promise<Result>,
  discard: (late: Result) => unknown = () => undefined,
): Promise<Result> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    if (signal.aborted) void work.then(discard).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
