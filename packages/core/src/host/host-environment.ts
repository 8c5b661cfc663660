/**
 * What the process sees of its machine. Injected, so that a simulated device or a test shows another machine
 * without touching the real one.
 */
export abstract class HostEnvironment {
  /** Environment variables of the container or process. */
  abstract readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where procfs is mounted; `/proc` on a real machine. */
  abstract readonly procPath: string;
  /** Where sysfs is mounted; `/sys` on a real machine. */
  abstract readonly sysPath: string;
  /** Prefix of every other absolute path that is probed (`/host/run/dbus`, `/.dockerenv`, `/data`); empty on a real machine. */
  abstract readonly rootPath: string;
}
