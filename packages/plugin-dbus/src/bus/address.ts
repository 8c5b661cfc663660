import type { NetConnectOpts } from 'node:net';
import { busError } from '../errors.js';

/** One of the transports that an address names. */
export interface Transport {
  /** As it stands in the address. */
  readonly text: string;
  readonly target: NetConnectOpts;
}

/**
 * The transports of an address in the order to try them (D-Bus specification, "Server Addresses"): `unix:path=`,
 * `unix:abstract=`, `unix:runtime=yes` and `tcp:`. Those that cannot be used here are passed over.
 * @throws DeviceError `DBUS_ADDRESS_MALFORMED` when none is left
 */
export function parseAddress(
  address: string,
  variables: Readonly<Record<string, string | undefined>>,
): readonly Transport[] {
  const transports: Transport[] = [];
  const refusals: string[] = [];
  for (const text of address.split(';').filter((entry) => entry.trim() !== '')) {
    const target = targetOf(text.trim(), variables);
    if (typeof target === 'string') refusals.push(`${text}: ${target}`);
    else transports.push({ text: text.trim(), target });
  }
  if (transports.length > 0) return transports;
  const reason = refusals.length > 0 ? refusals.join('; ') : 'it is empty';
  throw busError('DBUS_ADDRESS_MALFORMED', `The D-Bus address "${address}" cannot be used: ${reason}.`);
}

/** What to connect to, or why not. */
function targetOf(text: string, variables: Readonly<Record<string, string | undefined>>): NetConnectOpts | string {
  const colon = text.indexOf(':');
  if (colon < 1) return 'it names no transport';
  const pairs = parsePairs(text.slice(colon + 1));
  if (typeof pairs === 'string') return pairs;
  switch (text.slice(0, colon)) {
    case 'unix':
      return unixTarget(pairs, variables);
    case 'tcp':
      return tcpTarget(pairs);
    default:
      return 'only the transports unix and tcp are supported';
  }
}

function unixTarget(
  pairs: ReadonlyMap<string, string>,
  variables: Readonly<Record<string, string | undefined>>,
): NetConnectOpts | string {
  const path = pairs.get('path');
  if (path) return { path };
  const abstract = pairs.get('abstract');
  if (abstract) return { path: `\0${abstract}` };
  if (pairs.get('runtime') !== 'yes') return 'it needs path=, abstract= or runtime=yes';
  const folder = variables['XDG_RUNTIME_DIR'];
  return folder ? { path: `${folder}/bus` } : 'XDG_RUNTIME_DIR is not set';
}

function tcpTarget(pairs: ReadonlyMap<string, string>): NetConnectOpts | string {
  const port = Number(pairs.get('port'));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'it needs a port from 1 to 65535';
  return { host: pairs.get('host') ?? 'localhost', port };
}

function parsePairs(text: string): ReadonlyMap<string, string> | string {
  const pairs = new Map<string, string>();
  for (const pair of text.split(',').filter((entry) => entry !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 1) return `"${pair}" is not key=value`;
    const value = unescape(pair.slice(equals + 1));
    if (value === undefined) return `"${pair}" has a % that is not followed by two hexadecimal digits`;
    pairs.set(pair.slice(0, equals), value);
  }
  return pairs;
}

/** Each %XX is one byte of UTF-8. */
function unescape(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = text.replace(/%([0-9A-Fa-f]{2})|([^%]+)/g, (_match, byte?: string, plain?: string) =>
    byte ? byte : Buffer.from(plain!, 'utf8').toString('hex'),
  );
  return Buffer.from(bytes, 'hex').toString('utf8');
}
