/**
 * The secrets that a plugin learns while it runs, such as a key that it reads from a file. By constructor injection; those of
 * the file (`secrets:`) and of the environment are known without it.
 */
export abstract class Secrets {
  /**
   * From here on each occurrence of the value is `***` in the log, in traces, in answers and in the black box, in whatever way
   * it is written (JSON, percent, Base64). Call it before the value is used for the first time. What a plugin added stays
   * masked as long as the engine runs; of more than 100 values, those that were added longest ago are let go.
   *
   * @param name by which it is called in a warning when it is too short to be masked
   */
  abstract add(name: string, value: string): void;

  /** A text with every known secret taken out of it, for what leaves the process by a way of the plugin's own. */
  abstract mask(text: string): string;
}
