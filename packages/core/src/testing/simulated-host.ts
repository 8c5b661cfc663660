import { HostEnvironment } from '../host/host-environment.js';

const nowhere = '/nonexistent';

/** A machine that shows nothing of itself: what there is to read, the test says. */
export class SimulatedHost extends HostEnvironment {
  override readonly variables = {};
  override readonly procPath = nowhere;
  override readonly sysPath = nowhere;
  override readonly rootPath = nowhere;
}
