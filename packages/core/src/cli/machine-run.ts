import { RealClock } from '../clock/real-clock.js';
import { DeviceError, DiagnosticsError } from '../diagnostics/device-error.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Logger } from '../diagnostics/logger.js';
import { Engine } from '../engine/engine.js';
import { installFaultPolicy } from '../engine/fault-policy.js';
import { BlackBox } from '../engine/black-box/black-box.js';
import { blackBoxFolder } from '../engine/black-box/black-box-file.js';
import { RecordedLogger } from '../engine/black-box/recorded-logger.js';
import type { ControlServer } from '../engine/control/control-server.js';
import { openControl } from '../engine/control/open-control.js';
import { LogWriter } from '../engine/log-writer.js';
import { SecretMask } from '../engine/secret-mask.js';
import { stopTimes } from '../engine/stop-times.js';
import type { Ledger } from '../ledger/ledger.js';
import { openLedger } from '../ledger/open-ledger.js';
import type { CommandLine } from './command-line.js';
import { ExitCode } from './exit-code.js';
import { exitCodeOf } from './failure.js';
import { LogOutput } from './log-output.js';
import { logWhatIsPrinted } from './log-prints.js';
import { dropWhatCannotBeWritten } from './output-faults.js';
import { errorText } from './print.js';
import { ReloadRequests } from './reload-requests.js';
import type { RunOptions } from './run-options.js';
import { surroundings } from './surroundings.js';

interface Ending {
  readonly reason: string;
  readonly code: ExitCode;
}

interface Run {
  readonly file: string;
  readonly options: RunOptions;
  readonly around: ReturnType<typeof surroundings>;
  readonly clock: RealClock;
  readonly output: LogOutput;
  readonly reloads: ReloadRequests;
  readonly ended: Promise<Ending>;
  readonly end: (ending: Ending) => void;
}

/**
 * Runs until a signal asks for the end. Handlers for every signal that a container gets are in place before the engine:
 * the kernel gives a process with PID 1 no default actions (pid_namespaces(7)). What hangs then is left behind.
 */
export async function runOnThisMachine(file: string, options: RunOptions, commandLine: CommandLine): Promise<ExitCode> {
  dropWhatCannotBeWritten();
  const clock = new RealClock();
  let end!: (ending: Ending) => void;
  const ended = new Promise<Ending>((resolve) => (end = resolve));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => end({ reason: signal, code: ExitCode.good }));
  }
  const reloads = new ReloadRequests(process);
  const around = surroundings(commandLine);
  const hasHung = ended.then(async ({ code }) => {
    await clock.sleep(stopTimes.records, 'end of the process');
    return code;
  });
  const output = LogOutput.over(process.stdout, clock);
  const code = await Promise.race([
    runUntilEnded({ file, options, around, clock, output, reloads, ended, end }),
    hasHung,
  ]);
  await output.close();
  clock.dispose();
  return code;
}

async function runUntilEnded({ file, options, around, clock, output, reloads, ended, end }: Run): Promise<ExitCode> {
  const mask = new SecretMask(around.host);
  const shadow = options.shadow === true;
  const blackBox = new BlackBox(clock, mask, shadow ? undefined : blackBoxFolder(around.host));
  const writer = new LogWriter({
    clock,
    mask,
    format: options.log ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    level: options.logLevel,
    color: process.stdout.isTTY,
    write: (line) => output.write(line),
  });
  const log = new RecordedLogger(writer, blackBox);
  logWhatIsPrinted(process, log);
  let control: ControlServer | undefined;
  let ledger: Ledger | undefined;
  try {
    ledger = await openLedger({ host: around.host, clock, log, isShadow: shadow });
    const creation = Engine.create({ ...around, file, clock, ledger, log, mask, blackBox, watch: true, shadow });
    // A stop may come while plugins are loaded or start; what becomes of the start then is of no account.
    const engine = await Promise.race([creation, ended.then(() => undefined)]);
    if (engine) {
      installFaultPolicy(process, {
        log,
        pluginOf: (stack) => engine.pluginOf(stack),
        onEngineFault: () => end({ reason: 'fault', code: ExitCode.failed }),
      });
      const opening = openControl({ engine, clock, mask, log, host: around.host });
      control = await Promise.race([opening, ended.then(() => undefined)]);
      const start = engine.start();
      reloads.serve(() => void engine.reload());
      await Promise.race([start, ended]);
    }
    const { reason, code } = await ended;
    log.info(`Stopping: ${reason}`);
    await engine?.stop(reason);
    return code;
  } catch (error) {
    return refuse(error, log, options, output);
  } finally {
    await control?.close();
    await ledger?.close();
  }
}

/** A person gets code frames; a log collector gets one line for each finding. */
function refuse(error: unknown, log: Logger, { log: format }: RunOptions, output: LogOutput): ExitCode {
  const diagnostics = findingsOf(error);
  if (format === 'json' || !process.stdout.isTTY) {
    for (const { code, message, remedy, range } of diagnostics) {
      const place = range ? `${range.file}:${range.start.line}:${range.start.column}: ` : '';
      log.error(`${place}${message}`, { code, remedy });
    }
  } else {
    output.write(`${errorText(error, process.stdout.isTTY)}\n`);
  }
  return exitCodeOf(error);
}

function findingsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticsError) return error.diagnostics;
  if (error instanceof DeviceError) return [error.toDiagnostic()];
  throw error;
}
