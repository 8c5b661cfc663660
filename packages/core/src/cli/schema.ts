import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';

export function addSchemaCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('schema')
    .argument('[FILE]', 'the file whose plugins count; searched from the working folder when left out')
    .description('print the JSON Schema of the file with the plugins it uses, for editors')
    .addHelpText(
      'after',
      `
Examples:
  devicerc schema > .devicerc.schema.json
  and as the first line of .devicerc.yml:
  # yaml-language-server: $schema=.devicerc.schema.json`,
    )
    .action(async (file: string | undefined) => {
      const [
        { findDeviceFile },
        { loadDevice },
        { surroundings },
        { deviceJsonSchema },
        { DiagnosticsError },
        { print },
        { jsonText },
      ] = await Promise.all([
        import('../config/find-device-file.js'),
        import('../engine/load-device.js'),
        import('./surroundings.js'),
        import('../config/device-schema.js'),
        import('../diagnostics/device-error.js'),
        import('./print.js'),
        import('./text.js'),
      ]);
      const path = await findDeviceFile(file, process.cwd());
      const { plugins, diagnostics } = await loadDevice(path, surroundings(commandLine));
      // A file with errors in its rules has a schema all the same: the editor is to help with just those.
      if (!plugins) throw new DiagnosticsError(diagnostics);
      print(jsonText(deviceJsonSchema(plugins.registry)));
    });
}
