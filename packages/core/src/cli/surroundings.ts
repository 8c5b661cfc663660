import { RealClock } from '../clock/real-clock.js';
import { FileReader } from '../config/file-reader.js';
import type { DeviceSurroundings } from '../engine/load-device.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { ProcessHost } from '../host/process-host.js';
import { cacheFolderOf, hookedImporter, type ModuleImporter } from '../plugins/module-importer.js';
import type { CommandLine } from './command-line.js';

/** What a command needs to read and check a file on this machine. */
export function surroundings(commandLine: CommandLine): DeviceSurroundings {
  const host = new ProcessHost();
  return {
    host,
    files: new FileReader(new RealClock()),
    expressions: new CelCompiler(),
    importModule: outsideImporter(commandLine, host),
    builtIn: commandLine.builtIn,
  };
}

/** The hooks cost a thread: they are there from the first module on that comes from outside of the bundle. */
function outsideImporter({ sharedModules, hooks }: CommandLine, host: HostEnvironment): ModuleImporter {
  let importer: Promise<ModuleImporter> | undefined;
  return async (specifier, baseFolder) => {
    importer ??= sharedModules().then((modules) =>
      hookedImporter({ sharedModules: modules, hooks, cacheFolder: cacheFolderOf(host) }),
    );
    return (await importer)(specifier, baseFolder);
  };
}
