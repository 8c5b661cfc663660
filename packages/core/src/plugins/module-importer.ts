import { statSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { coreError } from '../diagnostics/core-errors.js';
import type { DeviceError } from '../diagnostics/device-error.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { packageFrom, sharedModulesKey, type HookData } from './module-hooks.js';

/**
 * Imports a plugin's module: a path that starts with `.` or `/`, else a package, both found from the folder.
 *
 * @throws DeviceError `PLUGIN_NOT_FOUND`, `PLUGIN_IMPORT_FAILED`, `PLUGIN_COMPILER_MISSING`, `PLUGIN_COMPILE_FAILED`
 */
export type ModuleImporter = (specifier: string, baseFolder: string) => Promise<unknown>;

export interface ModuleImporterOptions {
  /**
   * Modules that plugins must get from this process instead of their own copy, by specifier: what was bundled into the
   * engine's one file. Left out: plugins find `@devicerc/core` and the others as any module does.
   */
  readonly sharedModules?: Readonly<Record<string, object>>;
  /** The compiled `module-hooks`, which runs in the thread of the module loader. */
  readonly hooks: URL;
  /** Where compiled TypeScript is kept. */
  readonly cacheFolder: string;
}

/** `DEVICERC_CACHE`, else `$XDG_CACHE_HOME/devicerc`, else `~/.cache/devicerc`: never a folder that others may write to. */
export function cacheFolderOf({ variables }: HostEnvironment): string {
  return variables['DEVICERC_CACHE'] ?? join(variables['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'devicerc');
}

/** Imports with hooks that share the engine's modules and compile TypeScript; they are registered by the first import. */
export function hookedImporter({ sharedModules = {}, hooks, cacheFolder }: ModuleImporterOptions): ModuleImporter {
  let registered = false;
  return (specifier, baseFolder) => {
    if (!registered) {
      registered = true;
      Object.assign(globalThis, { [sharedModulesKey]: sharedModules });
      const exportNames = Object.entries(sharedModules).map(([name, module]) => [name, Object.keys(module)] as const);
      const data: HookData = {
        exportNames: Object.fromEntries(exportNames),
        cacheFolder,
        compilerFallback: import.meta.url,
      };
      register(hooks, { data });
    }
    const base = pathToFileURL(join(baseFolder, '/')).href;
    return importFrom(specifier, baseFolder, () => packageFrom(specifier, base));
  };
}

/** Imports as Node does, without hooks: JavaScript only. */
export const plainImporter: ModuleImporter = (specifier, baseFolder) =>
  importFrom(specifier, baseFolder, () => pathToFileURL(createRequire(join(baseFolder, '/')).resolve(specifier)).href);

async function importFrom(specifier: string, baseFolder: string, locatePackage: () => string): Promise<unknown> {
  const isPath = /^\.{0,2}\//.test(specifier);
  const path = resolve(baseFolder, specifier);
  const named = isPath ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (isPath && !named) throw coreError('PLUGIN_NOT_FOUND', `There is no file ${path}.`);
  // The module loader would wait for the other end of a pipe.
  if (named && !named.isFile()) throw coreError('PLUGIN_NOT_FOUND', `${path} is not a regular file.`);
  try {
    return (await import(isPath ? pathToFileURL(path).href : locatePackage())) as unknown;
  } catch (error) {
    throw importError(specifier, baseFolder, error);
  }
}

function importError(specifier: string, baseFolder: string, error: unknown): DeviceError {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) };
  if (code === 'PLUGIN_COMPILER_MISSING' || code === 'PLUGIN_COMPILE_FAILED') return coreError(code, message);
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  if (isMissing && message.includes(`'${specifier}'`)) {
    return coreError('PLUGIN_NOT_FOUND', `The package "${specifier}" is not installed in ${baseFolder} or above.`, {
      remedy: `Type \`npm install ${specifier}\` there, or correct the name.`,
    });
  }
  const cause = { cause: error };
  return coreError('PLUGIN_IMPORT_FAILED', `"${specifier}" failed while it was loaded: ${message}`, cause);
}
