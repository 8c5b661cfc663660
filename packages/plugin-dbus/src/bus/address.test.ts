import { describe, expect, test } from '@jest/globals';
import { parseAddress } from './address.js';

describe('a D-Bus address', () => {
  test.each<[string, object[]]>([
    ['unix:path=/run/dbus/socket', [{ path: '/run/dbus/socket' }]],
    ['unix:path=/run/my%20bus%2fx,guid=12', [{ path: '/run/my bus/x' }]],
    ['unix:path=/run/%c3%bc', [{ path: '/run/ü' }]],
    ['unix:abstract=/tmp/bus', [{ path: '\0/tmp/bus' }]],
    ['unix:runtime=yes', [{ path: '/run/user/7/bus' }]],
    ['tcp:host=bus.local,port=5555', [{ host: 'bus.local', port: 5555 }]],
    ['tcp:port=1', [{ host: 'localhost', port: 1 }]],
    ['unix:path=/a;unix:path=/b', [{ path: '/a' }, { path: '/b' }]],
    ['launchd:env=X;unix:path=/b;', [{ path: '/b' }]],
  ])('%s names %j', (address, targets) => {
    const transports = parseAddress(address, { XDG_RUNTIME_DIR: '/run/user/7' });
    expect(transports.map(({ target }) => target)).toEqual(targets);
  });

  test.each<[string, RegExp]>([
    ['', /it is empty/],
    [';;', /it is empty/],
    ['/run/dbus/socket', /names no transport/],
    ['unix:', /needs path=/],
    ['unix:path', /not key=value/],
    ['unix:path=/a%2', /two hexadecimal digits/],
    ['unix:runtime=yes', /XDG_RUNTIME_DIR is not set/],
    ['tcp:host=a', /needs a port/],
    ['tcp:host=a,port=99999', /needs a port/],
    ['unixexec:path=/bin/sh', /only the transports unix and tcp/],
    ['autolaunch:', /only the transports/],
  ])('"%s" is refused with a reason', (address, reason) => {
    const malformed = { code: 'DBUS_ADDRESS_MALFORMED', message: expect.stringMatching(reason) };
    expect(() => parseAddress(address, {})).toThrow(expect.objectContaining(malformed));
  });
});
