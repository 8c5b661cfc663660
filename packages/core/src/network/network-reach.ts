/** `away`: no route but to ourselves. `local`: routes, but none to everywhere, such as on a board whose uplink is down. */
export type Reach = 'away' | 'local' | 'everywhere';

/** How far the network goes, by constructor injection. */
export abstract class NetworkReach {
  /** As the routes of the machine tell at this moment: nothing is sent, and what lies behind the first hop is not known. */
  abstract now(): Reach;
}
