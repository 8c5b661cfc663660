import type { DeviceError } from '@devicerc/core';
import type { busErrorTable } from '../errors.js';
import { busError } from '../errors.js';

const prefix = 'org.freedesktop.DBus.Error.';

/** Well-known errors of the reference implementation (dbus-protocol.h) and of sd-bus(3), by what a user can do about them. */
const codes: Readonly<Record<string, keyof typeof busErrorTable>> = {
  [`${prefix}AccessDenied`]: 'DBUS_ACCESS_DENIED',
  [`${prefix}AuthFailed`]: 'DBUS_ACCESS_DENIED',
  [`${prefix}InteractiveAuthorizationRequired`]: 'DBUS_ACCESS_DENIED',
  [`${prefix}ServiceUnknown`]: 'DBUS_SERVICE_UNKNOWN',
  [`${prefix}NameHasNoOwner`]: 'DBUS_SERVICE_UNKNOWN',
  [`${prefix}UnknownMethod`]: 'DBUS_MEMBER_UNKNOWN',
  [`${prefix}UnknownObject`]: 'DBUS_MEMBER_UNKNOWN',
  [`${prefix}UnknownInterface`]: 'DBUS_MEMBER_UNKNOWN',
  [`${prefix}UnknownProperty`]: 'DBUS_MEMBER_UNKNOWN',
  [`${prefix}NoReply`]: 'DBUS_PEER_GONE',
  [`${prefix}Disconnected`]: 'DBUS_PEER_GONE',
};

/** What the bus answers when it fails to start the service that is called: dbus-protocol.h, `Spawn.ExecFailed` and others. */
const cannotStart = `${prefix}Spawn.`;

/** An error reply; kept as the cause, so that code can ask for the name that the service gave. */
class ErrorReply extends Error {
  constructor(
    override readonly name: string,
    text: string,
  ) {
    super(text);
  }
}

/** What a reply of type error means to a user. */
export function replyError(call: string, errorName: string, text: unknown): DeviceError {
  const said = typeof text === 'string' && text !== '' ? `: ${text}` : '';
  const cause = new ErrorReply(errorName, typeof text === 'string' ? text : '');
  const code = errorName.startsWith(cannotStart) ? 'DBUS_SERVICE_UNKNOWN' : (codes[errorName] ?? 'DBUS_CALL_FAILED');
  const isUncertain = code === 'DBUS_PEER_GONE';
  return busError(code, `${call} was answered with ${errorName}${said}`, { cause, isUncertain });
}

/** The D-Bus name of the error that a service answered with, if that is what the error stands for. */
export function errorNameOf(error: unknown): string | undefined {
  return error instanceof Error && error.cause instanceof ErrorReply ? error.cause.name : undefined;
}
