/** Sends signals as fast as the daemon takes them: one message, encoded once, written many times. */
import dbus from 'dbus-next';

const count = Number(process.argv[2]);
const bus = dbus.sessionBus({ busAddress: process.env.DBUS_SYSTEM_BUS_ADDRESS });
bus.on('error', (error) => {
  throw error;
});
await new Promise((resolve) => bus.once('connect', resolve));
const stream = bus._connection.stream;
let encoded;
const write = stream.write;
stream.write = (chunk) => ((encoded = Buffer.from(chunk)), true);
const signal = dbus.Message.newSignal('/org/example/Bench', 'org.example.Bench', 'Tick', 'us', [7, 'tick']);
signal.serial = 1000;
bus.send(signal);
stream.write = write;
const batch = Buffer.concat(Array.from({ length: 100 }, () => encoded));
for (let sent = 0; sent < count; sent += 100) {
  if (!stream.write(batch)) await new Promise((resolve) => stream.once('drain', resolve));
}
stream.end(() => process.exit(0));
