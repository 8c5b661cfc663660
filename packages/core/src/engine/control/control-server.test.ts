import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../../clock/duration.js';
import { eventually } from '../../clock/eventually.fixture.js';
import { RealClock } from '../../clock/real-clock.js';
import { askEngine } from './control-client.js';
import { ControlServer } from './control-server.js';
import { healthOf } from './health.js';

const asRoot = process.getuid?.() === 0 ? test : test.skip;
const nobody = 65_534;

let folder: string;
let clock: RealClock;
let server: ControlServer | undefined;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'control-')), 'run');
  clock = new RealClock();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  clock.dispose();
  rmSync(join(folder, '..'), { recursive: true });
});

async function open(
  answer: (request: unknown) => Promise<unknown> = async (request) => request,
): Promise<ControlServer> {
  server = await ControlServer.open({ folder, clock, answer });
  return server;
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(folder, 'control.sock'), () => resolve(socket));
    socket.once('error', reject);
  });
}

async function rawAnswer(...chunks: readonly string[]): Promise<{ ok: boolean; error?: { code: string } }> {
  const socket = await dial();
  socket.on('error', () => undefined);
  for (const chunk of chunks) socket.write(chunk);
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  socket.destroy();
  return JSON.parse(text) as { ok: boolean; error?: { code: string } };
}

describe('the control socket', () => {
  test('is open to its own user only', async () => {
    await open();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'control.sock')).mode & 0o777).toBe(0o600);
  });

  test('answers a request', async () => {
    await open(async () => ({ rules: 3 }));
    expect(await askEngine(folder, clock, { command: 'status' })).toEqual({ rules: 3 });
  });

  test('answers malformed and oversized requests with an error, and goes on', async () => {
    await open();
    expect(await rawAnswer('{ nonsense\n')).toMatchObject({ ok: false, error: { code: 'CONTROL_REQUEST' } });
    expect(await rawAnswer('x'.repeat(70_000))).toMatchObject({ ok: false, error: { code: 'CONTROL_REQUEST' } });
    expect(await rawAnswer(`"${'x'.repeat(70_000)}"\n`)).toMatchObject({
      ok: false,
      error: { code: 'CONTROL_REQUEST' },
    });
    expect(await askEngine(folder, clock, { command: 'status' })).toMatchObject({ command: 'status' });
  });

  test('refuses an answer that is too large', async () => {
    await open(async () => 'x'.repeat(5_000_000));
    await expect(askEngine(folder, clock, { command: 'status' })).rejects.toMatchObject({ code: 'CONTROL_ANSWER' });
  });

  test('turns the seventeenth client away', async () => {
    await open();
    const sockets = await Promise.all(Array.from({ length: 16 }, dial));
    expect(await rawAnswer()).toMatchObject({ ok: false, error: { code: 'CONTROL_BUSY' } });
    for (const socket of sockets) socket.destroy();
  });

  test('tells each client that it turns away why, however many come and however much they ask', async () => {
    await open();
    const sockets = await Promise.all(Array.from({ length: 16 }, dial));
    const question = { command: 'status', with: { text: 'x'.repeat(60_000) } };
    const codes = await Promise.all(
      Array.from({ length: 40 }, () => askEngine(folder, clock, question).catch(({ code }: { code: string }) => code)),
    );
    expect(new Set(codes)).toEqual(new Set(['CONTROL_BUSY']));
    for (const socket of sockets) socket.destroy();
  });

  test('tells a client that it turns away why, also when that asks before it reads', async () => {
    await open();
    const sockets = await Promise.all(Array.from({ length: 16 }, dial));
    const slow = await dial();
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    await new Promise<void>((resolve, reject) => slow.write('{}\n', (error) => (error ? reject(error) : resolve())));
    const [answer] = (await once(slow, 'data')) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ ok: false, error: { code: 'CONTROL_BUSY' } });
    for (const socket of [...sockets, slow]) socket.destroy();
  });

  test('leaves the engine a turn of its event loop between two requests, however many a client has sent', async () => {
    const requests = 50;
    let answered = 0;
    await open(async () => (answered += 1));
    const socket = (await dial()).resume();
    socket.write('{}\n'.repeat(requests));
    let most = 0;
    for (let before = 0; before < requests; before = answered) {
      await new Promise(setImmediate);
      most = Math.max(most, answered - before);
      // As on a busy machine, where timers are late.
      if (before % 2 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
    expect(most).toBe(1);
    socket.destroy();
  });

  test('keeps no command waiting for an answer that does not come', async () => {
    await open(() => new Promise(() => undefined));
    const asked = askEngine(folder, clock, { command: 'status', timeout: Duration.parse('50ms') });
    await expect(asked).rejects.toMatchObject({ code: 'CONTROL_TIMEOUT', message: expect.stringContaining('50ms') });
  });

  test('stops at once although clients hang and never read', async () => {
    await open(async () => 'x'.repeat(3_000_000));
    const socket = await dial();
    socket.on('error', () => undefined).pause();
    socket.write('{}\n{}\n{}\n');
    const before = clock.boottime();
    await server!.close();
    expect(clock.boottime() - before).toBeLessThan(2_000);
    socket.destroy();
  });

  test('is left alone while another engine answers on it', async () => {
    await open();
    await expect(ControlServer.open({ folder, clock, answer: async () => null })).rejects.toMatchObject({
      code: 'CONTROL_TAKEN',
    });
    expect(await askEngine(folder, clock, { command: 'status' })).toMatchObject({ command: 'status' });
  });

  test('takes the place of one that a killed engine left behind', async () => {
    await open();
    await server!.close();
    const path = join(folder, 'control.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(statSync(path).isSocket()).toBe(true);
    await open();
    expect(await askEngine(folder, clock, { command: 'status' })).toMatchObject({ command: 'status' });
  });

  test('is not opened in a folder that others can write in', async () => {
    await open();
    await server!.close();
    chmodSync(folder, 0o777);
    await expect(open()).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
  });

  test('leaves a file alone that is no socket', async () => {
    await open();
    await server!.close();
    writeFileSync(join(folder, 'control.sock'), 'of somebody');
    await expect(open()).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    expect(readFileSync(join(folder, 'control.sock'), 'utf8')).toBe('of somebody');
  });

  test('leaves the name to another engine that has taken it since', async () => {
    await open();
    const former = server!;
    rmSync(join(folder, 'control.sock'));
    await open(async () => 'the other');
    await former.close();
    expect(await askEngine(folder, clock, { command: 'status' })).toBe('the other');
    await server!.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  asRoot('is not opened in a folder of another user (only root can make one)', async () => {
    await open();
    await server!.close();
    chownSync(folder, nobody, nobody);
    await expect(open()).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: true });
  });

  asRoot('is not asked when it belongs to another user (only root can make one)', async () => {
    let asked = 0;
    await open(async () => (asked += 1));
    chownSync(join(folder, 'control.sock'), nobody, nobody);
    await expect(askEngine(folder, clock, { command: 'status' })).rejects.toMatchObject({
      code: 'CONTROL_UNAVAILABLE',
      message: expect.stringContaining(String(nobody)),
    });
    expect(asked).toBe(0);
  });
});

describe('health', () => {
  test('is bad when no engine answers, and good when one does', async () => {
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: false });
    await open(async () => ({ state: 'running' }));
    expect(await healthOf(folder, clock)).toEqual({ healthy: true, detail: 'the engine is running' });
  });

  test('is bad when the engine has stopped', async () => {
    await open(async () => ({ state: 'stopped' }));
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: false });
  });

  test('is good when the engine answers with an error, because its event loop turns', async () => {
    await open(async () => {
      throw new Error('odd');
    });
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: true });
  });

  test('is not known, and so good, where the folder cannot hold a socket', async () => {
    writeFileSync(folder, 'a file');
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: true });
  });

  test('is not known, and so good, where the path is too long for a socket', async () => {
    const long = join(folder, 'a'.repeat(100));
    const opened = ControlServer.open({ folder: long, clock, answer: async () => null });
    await expect(opened).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    expect(await healthOf(long, clock)).toMatchObject({ healthy: true });
  });

  test('is not known, and so good, where docker made a folder of the socket that was to be mounted', async () => {
    mkdirSync(join(folder, 'control.sock'), { recursive: true, mode: 0o700 });
    await expect(open()).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: true });
  });

  test('is bad when more clients wait than a blocked engine has room for', async () => {
    await open();
    await server!.close();
    const path = JSON.stringify(join(folder, 'control.sock'));
    const block = '() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
    const blocked = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen({ path: ${path}, backlog: 1 }, ${block})`,
    ]);
    try {
      // The name is there before anybody listens on it.
      const sockets = [await eventually(dial), await dial()];
      for (const socket of sockets) socket.on('error', () => undefined);
      const health = await healthOf(folder, clock);
      for (const socket of sockets) socket.destroy();
      expect(health).toMatchObject({ healthy: false });
    } finally {
      blocked.kill('SIGKILL');
      await once(blocked, 'close');
    }
  });

  test('is bad when the event loop is blocked', async () => {
    await open();
    await server!.close();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(join(folder, 'control.sock'), resolve));
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: false });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
});
