import { errorsOf } from '@devicerc/core';

/** Every error code of this package. A code is never renamed and never used again for something else. */
export const busErrorTable = {
  // address and connection
  DBUS_ADDRESS_MALFORMED: {
    summary: 'A D-Bus address cannot be read, or none of its transports can be used here.',
    remedy: 'Write an address such as unix:path=/host/run/dbus/system_bus_socket.',
  },
  DBUS_ABSENT: {
    summary: 'No system bus was found.',
    remedy: "Give the service the label io.balena.features.dbus: '1', or set DBUS_SYSTEM_BUS_ADDRESS.",
  },
  DBUS_CONNECT_FAILED: {
    summary: 'The system bus was found, but no connection to it came about.',
    remedy: 'Check that the host bus runs and that the address names its socket.',
  },
  DBUS_AUTHENTICATION_REFUSED: {
    summary: 'The bus does not accept the user this process runs as.',
    remedy: 'Run the service as root and without a user namespace of its own (no userns_mode).',
  },
  DBUS_DISCONNECTED: {
    summary: 'The connection ended while a call was waiting for its reply; whether it was carried out is unknown.',
    remedy: 'The connection is made again by itself; repeat the call if that does no harm.',
  },
  DBUS_UNAVAILABLE: {
    summary: 'The bus did not come within reach in the time the call had.',
    remedy: 'See the warning that tells why the bus is out of reach.',
  },
  DBUS_OVERLOADED: {
    summary: 'Too many calls are waiting for a reply.',
    remedy: 'Call less often, or give the calls a shorter timeout.',
  },
  DBUS_MATCH_REFUSED: {
    summary: 'The bus refused a match rule.',
    remedy:
      'Check the names in the rule; a bus allows 512 rules for each connection unless its configuration says more.',
  },
  // calls
  DBUS_SIGNATURE_MALFORMED: {
    summary: 'A D-Bus type signature is not valid.',
    remedy:
      'See "Type System" in the D-Bus specification: b is a boolean, s a string, as a list of strings, a{sv} a map.',
  },
  DBUS_ARGUMENT_INVALID: {
    summary: 'An argument does not fit its D-Bus type.',
    remedy: 'Give one argument for each complete type of the signature, in the same order.',
  },
  DBUS_CALL_TIMEOUT: {
    summary: 'A call got no reply in time.',
    remedy: 'Give the call a longer timeout, or look at what the service is doing.',
  },
  DBUS_CALL_ABORTED: {
    summary: 'A call was given up by its caller; it may have been carried out.',
    remedy: 'Nothing to do if the run was stopped on purpose.',
  },
  DBUS_CALL_FAILED: {
    summary: 'The service answered with an error.',
    remedy: 'The message holds the name and text of the error as the service gave them.',
  },
  DBUS_ACCESS_DENIED: {
    summary: 'The service or the bus does not allow this call.',
    remedy: 'Run the service as root: without polkit on the host, only root may change state.',
  },
  DBUS_SERVICE_UNKNOWN: {
    summary: 'Nobody owns the bus name, and the bus cannot start its service.',
    remedy: 'Check the name; `busctl list` on the host shows those in use.',
  },
  DBUS_MEMBER_UNKNOWN: {
    summary: 'The service has no such object, interface, method or property.',
    remedy: 'Check the names; `busctl introspect SERVICE PATH` on the host shows what there is.',
  },
  DBUS_PEER_GONE: {
    summary: 'The service left the bus before it answered; whether the call was carried out is unknown.',
    remedy: 'Repeat the call if that does no harm.',
  },
  // systemd
  SYSTEMD_UNIT_UNKNOWN: {
    summary: 'systemd knows no such unit, or the unit is masked or cannot be loaded.',
    remedy: 'Check the name; `systemctl list-unit-files` on the host shows all.',
  },
  SYSTEMD_JOB_FAILED: {
    summary: 'A systemd job ended without success.',
    remedy: 'Read the journal of the unit on the host: `journalctl --unit NAME`.',
  },
  SYSTEMD_JOB_LOST: {
    summary: 'The connection to systemd ended before the result of a job was known.',
    remedy: 'Read the state of the unit with the stream systemd.unit.',
  },
} as const;

const { error } = errorsOf(busErrorTable);

export const busError = error;
