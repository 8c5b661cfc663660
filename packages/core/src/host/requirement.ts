import type { HostEnvironment } from './host-environment.js';

export type ProbeResult =
  | { readonly met: true; readonly detail: string }
  | {
      readonly met: false;
      readonly detail: string;
      /** Lines for this very machine, where they differ from those of the requirement. */
      readonly compose?: string;
    };

/**
 * Something a stream or an action needs of its container: a label, a socket, a capability. `devicerc doctor` probes it
 * and prints the compose lines that give it.
 */
export interface Requirement {
  /** Stable name, such as `dbus-socket`; equal names are probed once. */
  readonly name: string;
  /** What is needed, in one sentence. */
  readonly summary: string;
  /** Lines of the service in docker-compose.yml that give it, without the service's own indentation. */
  readonly compose: string;
  probe(host: HostEnvironment): Promise<ProbeResult>;
}
