/** Fails a test file that leaves a socket, a child process, a file watch or a timer open. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';

const watched = ['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap', 'FSEventWrap', 'StatWatcher', 'Timeout'];
let before = {};

function countHandles() {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo())
    if (watched.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function leftOpen() {
  const now = countHandles();
  return Object.keys(now).filter((kind) => now[kind] > (before[kind] ?? 0));
}

beforeAll(() => {
  // The standard streams open when they are first read: that is not the test's doing.
  void [process.stdin, process.stdout, process.stderr];
  before = countHandles();
});

afterAll(async () => {
  // A closed socket leaves the loop a few turns later; keep-alive connections end within seconds.
  for (let turn = 0; turn < 60 && leftOpen().length > 0; turn += 1) await sleep(50);
  expect(leftOpen()).toEqual([]);
}, 10_000);
