import { connect } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import { coreError } from '../../diagnostics/core-errors.js';
import { DeviceError } from '../../diagnostics/device-error.js';
import { LineReader } from './line-reader.js';
import { controlVersion, largestAnswer, largestRequest, socketName, type ControlAnswer } from './protocol.js';
import { checkSocket } from './socket-folder.js';

export interface Question {
  readonly command: string;
  readonly with?: Readonly<Record<string, unknown>>;
  /** Default 10 s. */
  readonly timeout?: Duration;
}

const defaultTimeout = Duration.parse('10s');

/**
 * Asks the engine that runs with this runtime folder.
 * @throws DeviceError `ENGINE_NOT_RUNNING`, `CONTROL_…`, or the error that the engine answers
 */
export async function askEngine(folder: string, clock: Clock, question: Question): Promise<unknown> {
  const answer = await exchange(await ownSocket(folder), clock, question);
  if (answer.version !== controlVersion) {
    throw coreError(
      'CONTROL_VERSION',
      `The engine speaks version ${answer.version} of the control protocol, this command version ${controlVersion}.`,
    );
  }
  if (answer.ok) return answer.result;
  const { code, message, remedy } = answer.error;
  throw new DeviceError(code, message, { remedy });
}

async function ownSocket(folder: string): Promise<string> {
  const path = join(folder, socketName);
  try {
    await checkSocket(path);
    return path;
  } catch (error) {
    throw error instanceof DeviceError ? error : connectionError(path, error as NodeJS.ErrnoException);
  }
}

function exchange(path: string, clock: Clock, { command, with: input, timeout }: Question): Promise<ControlAnswer> {
  const { milliseconds } = timeout ?? defaultTimeout;
  const request = `${JSON.stringify({ version: controlVersion, command, ...(input && { with: input }) })}\n`;
  if (Buffer.byteLength(request) > largestRequest) {
    throw coreError('CONTROL_REQUEST', `The request is larger than ${largestRequest} bytes.`);
  }
  return new Promise((resolve, reject) => {
    const lines = new LineReader(largestAnswer);
    const socket = connect(path);
    const settle = (outcome: () => void): void => {
      timer.cancel();
      socket.destroy();
      outcome();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const timer = clock.schedule(
      milliseconds,
      () => fail(coreError('CONTROL_TIMEOUT', `The engine did not answer within ${timeout ?? defaultTimeout}.`)),
      'answer of the engine',
    );
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      lines.push(chunk);
      const line = lines.next();
      if (line !== undefined) settle(() => resolveWith(line, resolve, reject));
      else if (lines.isOverfull) fail(coreError('CONTROL_ANSWER', 'The answer is too large.'));
    });
    socket.on('end', () => fail(coreError('CONTROL_ANSWER', 'The engine closed the connection without an answer.')));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(connectionError(path, error)));
  });
}

function resolveWith(line: string, resolve: (answer: ControlAnswer) => void, reject: (error: Error) => void): void {
  try {
    const answer = JSON.parse(line) as Partial<ControlAnswer> | null;
    if (typeof answer?.version === 'number') return resolve(answer as ControlAnswer);
  } catch {
    // Said below.
  }
  reject(coreError('CONTROL_ANSWER', 'The answer is not one of an engine.'));
}

function connectionError(path: string, { code, message }: NodeJS.ErrnoException): Error {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return coreError('ENGINE_NOT_RUNNING', `No engine answers on ${path}.`);
  }
  // It had no room for us among those that wait to be turned away.
  if (code === 'EPIPE' || code === 'ECONNRESET') {
    return coreError('CONTROL_BUSY', 'The engine closed the connection without an answer.');
  }
  // unix(7): more clients wait than the engine has taken.
  if (code === 'EAGAIN') return coreError('CONTROL_TIMEOUT', `The engine takes no more clients on ${path}.`);
  return coreError('CONTROL_UNAVAILABLE', `${path} cannot be used: ${message}.`);
}
