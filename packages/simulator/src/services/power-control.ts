/** What a host service asks of the machine it runs on. The request is answered first; the machine goes down after. */
export interface PowerControl {
  /** @param by interface and member that was called */
  reboot(by: string): void;
  powerOff(by: string): void;
}
