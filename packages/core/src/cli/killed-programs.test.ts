import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RunningEngine } from './running-engine.fixture.js';

const kills = process.env['DEVICERC_PROVE'] ? 40 : 4;
/** The programs of Debian that the test and the engine need, but for setpriv. */
const withoutSetpriv = ['sh', 'sleep', 'flock'];

let engine: RunningEngine;
beforeEach(() => {
  engine = new RunningEngine();
});
afterEach(async () => {
  await engine.stop();
  for (const { pid } of programs()) process.kill(pid, 'SIGKILL');
  engine.remove();
});

/** The programs of this test that live, each by the name of its script. */
function programs(): readonly { readonly pid: number; readonly script: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const script = commandOf(pid).find((word) => word.startsWith(join(engine.folder, 'programs')));
      return script === undefined ? [] : [{ pid: Number(pid), script: script.split('/').at(-1)! }];
    });
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function living(): readonly string[] {
  return programs()
    .map(({ script }) => script)
    .sort();
}

/** Scripts that last; `parent` has a child in its group, `starter` leaves one in the background and ends. */
function writeScripts(): (name: string) => string {
  const folder = join(engine.folder, 'programs');
  mkdirSync(folder);
  const last = 'while :; do sleep 1; done\n';
  const scripts = {
    child: last,
    parent: `echo > ${engine.folder}/started\nsh ${folder}/child & \n${last}`,
    starter: `sh ${folder}/child &\n`,
  };
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text);
  return (name) => `{ command: [sh, ${folder}/${name}] }`;
}

/** A PATH on which setpriv is missing, as in an image without util-linux. */
function leaveOutSetpriv(): void {
  const folder = join(engine.folder, 'bin');
  mkdirSync(folder);
  for (const name of withoutSetpriv) {
    const found = process.env['PATH']!.split(delimiter)
      .map((path) => join(path, name))
      .find((path) => existsSync(path));
    symlinkSync(found!, join(folder, name));
  }
  Object.assign(engine.environment, { PATH: folder });
}

async function kill(): Promise<void> {
  const ended = once(engine.process!, 'close');
  engine.process!.kill('SIGKILL');
  await ended;
}

describe.each([
  ['with setpriv', () => undefined],
  ['without setpriv', leaveOutSetpriv],
])('%s', (_where, prepare) => {
  test(`after each of ${kills} kills the next engine has one copy of a held program and its child`, async () => {
    prepare();
    const program = writeScripts();
    const rules = `  keep: { while: "device.uptime > duration('0s')", hold: { do: exec, with: ${program('parent')} } }\n`;
    await engine.start(rules);
    for (let count = 0; count < kills; count++) {
      await eventually(() => living().length === 2);
      await kill();
      await engine.start(rules);
      // A program that starts is there twice for a moment; a copy that was left behind would stay.
      await eventually(() => expect(living()).toEqual(['child', 'parent']) === undefined);
    }
    expect(await engine.stop()).toBe(0);
    await eventually(() => living().length === 0);
  }, 300_000);

  test(`so too after each of ${kills} kills at the moment in which the program starts`, async () => {
    prepare();
    const program = writeScripts();
    const started = join(engine.folder, 'started');
    const rules = `  keep: { while: "device.uptime > duration('0s')", hold: { do: exec, with: ${program('parent')} } }\n`;
    for (let count = 0; count < kills; count++) {
      rmSync(started, { force: true });
      engine.launch(rules);
      while (!existsSync(started)) await new Promise(setImmediate);
      await kill();
    }
    await engine.start(rules);
    // On a busy machine a process that was killed takes its time to end; a copy that was left behind would stay.
    await eventually(() => living().join() === 'child,parent');
  }, 300_000);

  test('a run that was cut off says that its program was still there, and was ended', async () => {
    prepare();
    const program = writeScripts();
    const rules = `  work:
    on: [{ custom: { event: go } }]
    then: [{ do: exec, with: ${program('parent')} }, { wait: 1s }]
    catch: [{ do: log, with: { message: "\${{ error.code }}: \${{ error.message }}" } }]
`;
    await engine.start(rules);
    await engine.ask('emit', 'go');
    await eventually(() => living().length === 2);
    await kill();
    await engine.start(rules);
    await eventually(() => engine.log.includes('RUN_INTERRUPTED'));
    expect(engine.log).toMatch(
      /RUN_INTERRUPTED: .*(Its program was still there|what that one had started was), and was ended/,
    );
    expect(living()).toEqual([]);
  }, 60_000);

  test('what a program that ended in order left in the background is left alone', async () => {
    prepare();
    const program = writeScripts();
    const rules = `  work:
    on: [{ custom: { event: go } }]
    then: [{ do: exec, with: ${program('starter')} }, { do: log, with: { message: "it is over" } }]
`;
    await engine.start(rules);
    await engine.ask('emit', 'go');
    await eventually(() => engine.log.includes('it is over'), { within: Duration.parse('20s') });
    await kill();
    await engine.start(rules);
    expect(living()).toEqual(['child']);
  }, 60_000);
});

test('with setpriv a program ends with its engine, without another one', async () => {
  const program = writeScripts();
  await engine.start(
    `  keep: { while: "device.uptime > duration('0s')", hold: { do: exec, with: ${program('parent')} } }\n`,
  );
  await eventually(() => living().length === 2);
  await kill();
  await eventually(() => !living().includes('parent'));
}, 60_000);
