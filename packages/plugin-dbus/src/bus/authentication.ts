import type { Socket } from 'node:net';
import { busError } from '../errors.js';

/** A line of the handshake is a word and some hexadecimal digits. */
const longestLine = 16_384;

/**
 * Authenticates as the user of this process by the credentials of the socket (D-Bus specification, "Authentication
 * Protocol", mechanism EXTERNAL). No other mechanism is tried: a system bus knows no other.
 * @throws DeviceError `DBUS_AUTHENTICATION_REFUSED`; when the socket ends instead, it stays pending
 */
export async function authenticate(socket: Socket): Promise<void> {
  const user = String(process.getuid?.() ?? 0);
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(user).toString('hex')}\r\n`);
  const answer = await readLine(socket);
  if (!answer.startsWith('OK')) {
    throw busError(
      'DBUS_AUTHENTICATION_REFUSED',
      `The bus refuses user ${user}: it answered "${answer.slice(0, 60)}".`,
    );
  }
  socket.write('BEGIN\r\n');
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const readable = (): void => {
      for (let byte = socket.read(1) as Buffer | null; byte !== null; byte = socket.read(1) as Buffer | null) {
        line += byte.toString('latin1');
        if (line.endsWith('\r\n')) return settle(() => resolve(line.trimEnd()));
        if (line.length > longestLine) return settle(() => reject(endlessLine()));
      }
    };
    const settle = (finish: () => void): void => {
      socket.off('readable', readable);
      finish();
    };
    socket.on('readable', readable);
  });
}

function endlessLine(): Error {
  return busError('DBUS_AUTHENTICATION_REFUSED', 'What listens at the address of the system bus does not speak D-Bus.');
}
