import type { SourceRange } from '../diagnostics/diagnostic.js';

/** One entry of `plugins:` as it stands in the user's file. */
export interface PluginUse {
  /** A package name, or a path that starts with `.` or `/`. */
  readonly specifier: string;
  /** What stands under `with`; undefined when nothing does. */
  readonly options: unknown;
  /** Folder of the file that holds the entry: packages and paths are found from here. */
  readonly baseFolder: string;
  readonly range: SourceRange;
  optionRange(path: readonly (string | number)[]): SourceRange;
}
