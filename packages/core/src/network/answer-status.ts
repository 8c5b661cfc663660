const endOfHeader = '\r\n\r\n';
/** The one status below 200 that no other follows (RFC 9110, section 15.2): the connection is for another protocol from here on. */
const switchingProtocols = 101;

/**
 * Reads the status of an answer off the bytes of its connection, as soon as its first line is here. An HTTP parser says
 * nothing of the status where it refuses the header behind it: one that is broken, too large or cut off.
 */
export class AnswerStatus {
  #unread = '';
  #isInterim = false;

  /** @returns the status of the final answer; undefined while it is yet to come, or when this is no HTTP */
  read(chunk: Buffer): number | undefined {
    this.#unread += chunk.toString('latin1');
    for (;;) {
      if (this.#isInterim && !this.#skipHeader()) return undefined;
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(this.#unread)?.[1] ?? 0);
      if (status >= 200 || status === switchingProtocols) return status;
      if (status < 100) return undefined;
      this.#isInterim = true;
    }
  }

  #skipHeader(): boolean {
    const end = this.#unread.indexOf(endOfHeader);
    this.#isInterim = end < 0;
    this.#unread = this.#isInterim
      ? this.#unread.slice(1 - endOfHeader.length)
      : this.#unread.slice(end + endOfHeader.length);
    return !this.#isInterim;
  }
}
