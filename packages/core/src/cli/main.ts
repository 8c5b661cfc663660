import { Command, CommanderError } from 'commander';
import { escapeLines } from '../diagnostics/control-characters.js';
import { addCheckCommand } from './check.js';
import { addDoctorCommand } from './doctor.js';
import { addEvalCommand } from './eval.js';
import { ExitCode } from './exit-code.js';
import { addStatusCommand } from './status.js';
import { addWhyCommand } from './why.js';
import { addTraceCommand } from './trace.js';
import { addTryCommand } from './try.js';
import { addEmitCommand } from './emit.js';
import { addReloadCommand } from './reload.js';
import { addSafeModeCommand } from './safe-mode.js';
import { addHealthCommand } from './health.js';
import { addOutboxCommand } from './outbox.js';
import { endWithTheReader } from './output-faults.js';
import { addRunCommand } from './run.js';
import type { CommandLine } from './command-line.js';
import { addSchemaCommand } from './schema.js';
import { addTestCommand } from './test.js';

/** Each command does its work with modules that it imports itself: what is not used costs no start-up time. */
export async function runCli(argv: readonly string[], commandLine: CommandLine): Promise<void> {
  endWithTheReader();
  try {
    await programOf(commandLine).parseAsync(argv as string[]);
  } catch (error) {
    process.exitCode = await reportFailure(error);
  }
}

function programOf(commandLine: CommandLine): Command {
  const program = new Command('devicerc')
    .description('What a device does when something happens or stays true, in one file: .devicerc.yml')
    .version(commandLine.version)
    .showHelpAfterError('(devicerc --help shows what there is)')
    .exitOverride()
    // Its messages hold the words of the command line.
    .configureOutput({ writeErr: (text) => process.stderr.write(escapeLines(text)) })
    .addHelpText(
      'after',
      `
Without FILE, .devicerc.yml (also .yaml, .json, package.json#device) is searched from the working folder.
Exit codes: 0 good, 1 failed, 2 usage, 78 bad configuration.

Examples:
  devicerc check                   is the file good?
  devicerc test                    do its rules do what its tests say?
  devicerc run                     run it
  devicerc run --simulate          run it on a simulated device
  devicerc doctor                  what is missing in this container?
  devicerc status                  what does the running engine do?
  devicerc why RULE                why does a rule fire, or not?
  devicerc trace --boot -1         what led to the last reboot?`,
    );
  program.commandsGroup('Write and run a file:');
  addRunCommand(program, commandLine);
  addCheckCommand(program, commandLine);
  addTestCommand(program, commandLine);
  addEvalCommand(program);
  addSchemaCommand(program, commandLine);
  addDoctorCommand(program, commandLine);
  program.commandsGroup('Ask the running engine:');
  addStatusCommand(program);
  addWhyCommand(program);
  addTraceCommand(program);
  addTryCommand(program);
  addEmitCommand(program);
  addReloadCommand(program);
  addSafeModeCommand(program);
  addHealthCommand(program);
  addOutboxCommand(program);
  return program;
}

async function reportFailure(error: unknown): Promise<ExitCode> {
  // Commander has printed its message; help and version come here too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.good : ExitCode.usage;
  const [{ errorText }, { exitCodeOf }] = await Promise.all([import('./print.js'), import('./failure.js')]);
  process.stderr.write(`${errorText(error, process.stderr.isTTY)}\n`);
  return exitCodeOf(error);
}
