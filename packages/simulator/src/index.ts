/** A simulated device over real sockets, and the simulation that an engine is shown with on it. */
export { SimulatedDevice, startSimulatedDevice, type SimulatedDeviceOptions } from './device/simulated-device.js';
export type { SimulatedEvent } from './device/simulated-event.js';
export type { NetworkTime } from './services/timedate.js';
export type { UnitBehaviour } from './services/unit.js';
export {
  runSimulation,
  type EngineSeat,
  type SimulatedEngine,
  type SimulationRun,
} from './simulation/run-simulation.js';
export { simulatorErrorTable } from './errors.js';
