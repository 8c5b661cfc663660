import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { plainImporter } from '../plugins/module-importer.js';
import { Engine } from './engine.js';
import { FileWatch } from './file-watch.js';
import { SecretMask } from './secret-mask.js';

let folder: string;
let clock: RealClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-watch-'));
  clock = new RealClock();
});
afterEach(() => {
  clock.dispose();
  rmSync(folder, { recursive: true });
});

describe('a change is noticed', () => {
  let watch: FileWatch;
  let changes: number;
  beforeEach(() => {
    changes = 0;
    const fail = (error: unknown): never => {
      throw error;
    };
    watch = new FileWatch(clock, () => void changes++, fail);
  });
  afterEach(() => watch.close());

  /** Until what is under way has been reported. */
  async function quiet(): Promise<void> {
    await clock.sleep(Duration.parse('600ms'), 'quiet');
  }

  async function noticed(change: () => void): Promise<void> {
    const before = changes;
    change();
    await eventually(() => changes > before);
  }

  test('of a file that joins another one in its folder', async () => {
    const [main, included] = [join(folder, 'main.yml'), join(folder, 'net.yml')];
    writeFileSync(main, '1');
    writeFileSync(included, '1');
    await watch.watch([main]);
    await watch.watch([main, included]);
    await noticed(() => writeFileSync(included, '2'));
  });

  test('of a file whose folder was moved away and made again, as often as that happens', async () => {
    const inner = join(folder, 'rules');
    const main = join(inner, 'main.yml');
    mkdirSync(inner);
    writeFileSync(main, '1');
    await watch.watch([main]);
    for (const round of [1, 2]) {
      await noticed(() => renameSync(inner, join(folder, `old-${round}`)));
      await noticed(() => mkdirSync(inner));
      await noticed(() => writeFileSync(main, '2'));
      await noticed(() => writeFileSync(main, '3'));
    }
  });

  /** Points a link elsewhere in one step, as `ln -sfT` and the kubelet do. */
  function point(link: string, target: string): void {
    symlinkSync(target, `${link}_tmp`);
    renameSync(`${link}_tmp`, link);
  }

  test('of a ConfigMap: its files are links through ..data, which is pointed at another folder', async () => {
    const main = join(folder, '.devicerc.yml');
    const editionOf = (round: number): string => join(folder, `..2026_${round}`);
    mkdirSync(editionOf(0));
    writeFileSync(join(editionOf(0), '.devicerc.yml'), '0');
    point(join(folder, '..data'), '..2026_0');
    symlinkSync('..data/.devicerc.yml', main);
    await watch.watch([main]);
    for (const round of [1, 2, 3]) {
      mkdirSync(editionOf(round));
      writeFileSync(join(editionOf(round), '.devicerc.yml'), `${round}`);
      await noticed(() => point(join(folder, '..data'), `..2026_${round}`));
      await quiet();
      // The kubelet removes the former edition.
      rmSync(editionOf(round - 1), { recursive: true });
      await quiet();
    }
    await noticed(() => writeFileSync(join(editionOf(3), '.devicerc.yml'), 'written in place'));
  });

  test('of a link in a folder above the file, and of what it leads to when that comes later', async () => {
    const main = join(folder, 'current', 'rules', 'main.yml');
    for (const release of ['one', 'two']) {
      mkdirSync(join(folder, release, 'rules'), { recursive: true });
      writeFileSync(join(folder, release, 'rules', 'main.yml'), release);
    }
    point(join(folder, 'current'), join(folder, 'one'));
    await watch.watch([main]);
    await noticed(() => point(join(folder, 'current'), 'two'));
    await noticed(() => renameSync(join(folder, 'two'), join(folder, 'three')));
    await noticed(() => renameSync(join(folder, 'three'), join(folder, 'two')));
    await noticed(() => writeFileSync(main, 'written in place'));
  });

  test('only where there is one: a link that stays as it is does not count', async () => {
    const main = join(folder, 'main.yml');
    writeFileSync(join(folder, 'real.yml'), '1');
    symlinkSync('real.yml', main);
    symlinkSync('loop', join(folder, 'loop'));
    await watch.watch([main, join(folder, 'loop')]);
    await quiet();
    expect(changes).toBe(0);
    await noticed(() => writeFileSync(join(folder, 'real.yml'), '2'));
  });

  test('that was seen just before other files are watched', async () => {
    const main = join(folder, 'main.yml');
    const other = join(folder, 'more', 'other.yml');
    writeFileSync(main, '1');
    mkdirSync(join(folder, 'more'));
    writeFileSync(other, '1');
    await watch.watch([main]);
    let seen = false;
    const schedule = clock.schedule.bind(clock);
    clock.schedule = (...timer) => {
      if (timer[2] === 'change of the file') seen = true;
      return schedule(...timer);
    };
    writeFileSync(main, '2');
    await eventually(() => seen);
    await watch.watch([main, other]);
    await eventually(() => changes === 1);
  });
});

test.each([
  ['has an error', 'rules: 7\n'],
  ['does not exist', undefined],
])(
  'a file that includes one which %s is put in force when that one is mended',
  async (_state, text) => {
    const file = join(folder, '.devicerc.yml');
    const included = join(folder, 'net.yml');
    const rule = (name: string): string =>
      `rules:\n  ${name}: { on: [{ custom: { event: e } }], then: [{ do: log, with: { message: hi } }] }\n`;
    const host = new ProcessHost();
    const log = new RecordingLogger();
    writeFileSync(file, `version: 1\n${rule('one')}`);
    const engine = await Engine.create({
      file,
      clock,
      host,
      ledger: new MemoryLedger(clock),
      log,
      mask: new SecretMask(host),
      importModule: plainImporter,
      builtIn: new Map(),
      watch: true,
    });
    await engine.start();
    if (text !== undefined) writeFileSync(included, text);
    writeFileSync(file, `version: 1\ninclude: [net.yml]\n${rule('one')}`);
    await eventually(() => log.messages.some((message) => message.includes('has errors')));
    writeFileSync(included, rule('two'));
    await eventually(() => engine.status().rules.length === 2);
    await engine.stop();
    expect(engine.state).toBe('stopped');
  },
  30_000,
);
