import type { HostEnvironment } from './host-environment.js';

export type ProbeResult =
  | { readonly met: true; readonly detail: string }
  | {
      readonly met: false;
      readonly detail: string;
      /** Lines for this very machine, where they differ from those of the requirement. */
      readonly compose?: string;
    };

/** What the file says about the stream or action that has the requirement. */
export interface RequirementUse {
  /** What stands under the plugin's `with:`, by its schema; undefined when the file does not use the plugin. */
  readonly options: unknown;
  /** Of the stream, by its schema; undefined for an action. */
  readonly parameters: unknown;
}

/**
 * Something a stream or an action needs of its container: a label, a socket, a capability. `devicerc doctor` probes it
 * and prints the compose lines that give it.
 */
export interface Requirement {
  /** Stable name, such as `dbus-socket`. */
  readonly name: string;
  /** What is needed, in one sentence. */
  readonly summary: string;
  /** Lines of the service in docker-compose.yml that give it, without the service's own indentation. */
  readonly compose: string;
  /** The plugin whose options the probe gets, for requirements that other plugins share. Left out: the one that has the stream or action. */
  readonly plugin?: string;
  /** Uses that give equal results are one finding. */
  probe(host: HostEnvironment, use: RequirementUse): Promise<ProbeResult>;
}
