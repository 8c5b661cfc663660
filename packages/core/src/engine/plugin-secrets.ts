import type { Logger } from '../diagnostics/logger.js';
import { Secrets } from '../diagnostics/secrets.js';
import { logShortSecrets } from './log-findings.js';
import type { SecretMask } from './secret-mask.js';

/** The secrets of one plugin, on the mask of the engine: they outlive a reload, as do the texts in which they may stand. */
export class PluginSecrets extends Secrets {
  constructor(
    private readonly plugin: string,
    private readonly secretMask: SecretMask,
    private readonly log: Logger,
  ) {
    super();
  }

  override add(name: string, value: string): void {
    this.secretMask.learn(this.plugin, name, value);
    logShortSecrets(this.log, this.secretMask.takeTooShort());
  }

  override mask(text: string): string {
    return this.secretMask.text(text);
  }
}
