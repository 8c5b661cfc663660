import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NodeProgram } from './node-program.fixture.js';

const installed = resolve(import.meta.dirname, '../../../../node_modules');

const source = `import { Clock } from '@devicerc/core';
import { injectable } from 'inversify';

@injectable()
export default class Fan {
  speed!: number;
  constructor(readonly clock: Clock) {}
}
`;

/** Compiles one file, and prints what came of it or the error. */
const program = `
import { PluginCompiler } from './plugin-compiler.js';

const [cacheFolder = '', fallbackUrl = '', path = '', text = ''] = process.argv.slice(2);
const compiling = new PluginCompiler(cacheFolder, fallbackUrl).compile(path, text);
console.log(JSON.stringify(await compiling.catch(({ code, message }) => ({ code, message }))));
`;

let work: string;
let compiler: NodeProgram;
let folder: string;
let cache: string;
/** A place from where no compiler is found. */
let nowhere: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'devicerc-compiler-'));
  compiler = await NodeProgram.build(work, program);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(work, 'device-'));
  cache = join(folder, 'cache/compiled');
  nowhere = pathToFileURL(join(folder, 'engine/devicerc.js')).href;
  mkdirSync(join(folder, 'node_modules'));
});

function install(name: 'typescript' | '@swc'): void {
  symlinkSync(join(installed, name), join(folder, 'node_modules', name));
}

/** Compiles a file of the folder in a process of its own. */
function compile(text = source, fallback = nowhere): unknown {
  return compiler.run(cache, fallback, join(folder, 'fan.ts'), text);
}

describe.each(['typescript', '@swc'] as const)('with %s beside the plugin', (name) => {
  beforeEach(() => install(name));

  test('types become what injection goes by, and the classes keep their names and fields', () => {
    const compiled = compile();
    expect(compiled).toMatch(/design:paramtypes/);
    expect(compiled).toMatch(/import \{ Clock \} from ['"]@devicerc\/core['"]/);
    expect(compiled).toMatch(/class Fan/);
    expect(compiled).toMatch(/^\s*speed;$/m);
    expect(compiled).not.toMatch(/readonly clock/);
    expect(compiled).toMatch(/^\/\/# sourceMappingURL=data:application\/json/m);
  });

  test('a file that is not TypeScript is reported with its path', () => {
    expect(compile('export default 1;\nconst = 2;\n')).toMatchObject({
      code: 'PLUGIN_COMPILE_FAILED',
      message: expect.stringContaining(join(folder, 'fan.ts')),
    });
  });
});

test('typescript names the line and the column', () => {
  install('typescript');
  expect(compile('export default 1;\nconst = 2;\n')).toMatchObject({
    message: expect.stringMatching(/fan\.ts:2:7 Variable declaration expected/),
  });
});

test('a typescript that cannot be called from a program is passed over', () => {
  mkdirSync(join(folder, 'node_modules/typescript'));
  writeFileSync(join(folder, 'node_modules/typescript/index.js'), "exports.version = '7.0.0';");
  expect(compile()).toMatchObject({ code: 'PLUGIN_COMPILER_MISSING' });
  install('@swc');
  expect(compile()).toMatch(/design:paramtypes/);
});

test('without a compiler beside the plugin, that of the engine is taken', () => {
  expect(compile(source, import.meta.url)).toMatch(/design:paramtypes/);
});

test('a file cannot be compiled where there is no compiler', () => {
  expect(compile()).toMatchObject({
    code: 'PLUGIN_COMPILER_MISSING',
    message: expect.stringContaining(`${join(folder, 'fan.ts')} has to be compiled`),
  });
});

describe('what was compiled is kept', () => {
  beforeEach(() => install('typescript'));

  const kept = (): readonly string[] => readdirSync(cache);

  test('by its content, in a folder for its owner alone, with nothing unfinished beside it', () => {
    const compiled = compile();
    compile('export default 2;');
    compile();
    expect(kept()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.js$/), expect.stringMatching(/^[0-9a-f]{64}\.js$/)]);
    expect(kept().map((name) => readFileSync(join(cache, name), 'utf8'))).toContain(compiled);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test('and is enough where there is no compiler', () => {
    const compiled = compile();
    rmSync(join(folder, 'node_modules'), { recursive: true });
    expect(compile()).toBe(compiled);
    expect(compile('export default 2;')).toMatchObject({ code: 'PLUGIN_COMPILER_MISSING' });
  });

  test('and is not compiled again', () => {
    compile();
    writeFileSync(join(cache, kept()[0]!), 'export default "kept";');
    expect(compile()).toBe('export default "kept";');
  });

  test('unless it cannot be written, which costs nothing but time', () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder would be');
    expect(compile()).toMatch(/design:paramtypes/);
    rmSync(join(folder, 'cache'));
    expect(compile()).toMatch(/design:paramtypes/);
    expect(kept()).toHaveLength(1);
  });
});
