/** SIGHUP before there is an engine is kept for it: it may have come for a file that was read just before its last change. */
export class ReloadRequests {
  #reload: (() => void) | undefined;
  #isDue = false;

  constructor(source: NodeJS.EventEmitter) {
    source.on('SIGHUP', () => this.#request());
  }

  /** Calls for each request from now on, and once for those that came before. */
  serve(reload: () => void): void {
    this.#reload = reload;
    if (this.#isDue) reload();
  }

  #request(): void {
    if (this.#reload) this.#reload();
    else this.#isDue = true;
  }
}
