import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Swc from '@swc/core';
import type * as TypeScript from 'typescript';
import { makeFolder } from '../host/make-folder.js';

/** Changes whenever equal sources would be compiled to something else. */
const outputVersion = 1;

type Compile = (path: string, source: string) => string;

/**
 * Compiles single TypeScript files, decorators with metadata included, and keeps the result under the hash of the source.
 * The compiler is the one of the plugin's folder, else the engine's.
 */
export class PluginCompiler {
  constructor(
    private readonly cacheFolder: string,
    private readonly fallbackUrl: string,
  ) {}

  /** @throws Error with code `PLUGIN_COMPILER_MISSING` or `PLUGIN_COMPILE_FAILED` */
  async compile(path: string, source: string): Promise<string> {
    const hash = createHash('sha256').update(`${outputVersion}\n${source}`).digest('hex');
    const cached = join(this.cacheFolder, `${hash}.js`);
    try {
      return await readFile(cached, 'utf8');
    } catch {
      const compiled = this.#compilerFor(path)(path, source);
      await this.#keep(cached, compiled);
      return compiled;
    }
  }

  #compilerFor(path: string): Compile {
    for (const from of [path, this.fallbackUrl]) {
      const require = createRequire(from);
      const typescript = requireIfInstalled<typeof TypeScript>(require, 'typescript');
      // TypeScript 7 has no compiler API.
      if (typescript?.transpileModule) return (file, source) => withTypeScript(typescript, file, source);
      const swc = requireIfInstalled<typeof Swc>(require, '@swc/core');
      if (swc) return (file, source) => withSwc(swc, file, source);
    }
    throw fault('PLUGIN_COMPILER_MISSING', `${path} has to be compiled, but neither typescript nor @swc/core is here.`);
  }

  /** A cache that cannot be written costs time at the next start, nothing else. */
  async #keep(file: string, compiled: string): Promise<void> {
    const unfinished = `${file}.${randomUUID()}`;
    try {
      makeFolder(this.cacheFolder);
      await writeFile(unfinished, compiled);
      await rename(unfinished, file);
    } catch {
      return;
    }
  }
}

function withTypeScript(typescript: typeof TypeScript, path: string, source: string): string {
  const { outputText, diagnostics = [] } = typescript.transpileModule(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      useDefineForClassFields: true,
      inlineSourceMap: true,
    },
  });
  const [first] = diagnostics;
  if (!first) return outputText;
  const { line, character } = first.file!.getLineAndCharacterOfPosition(first.start ?? 0);
  const message = typescript.flattenDiagnosticMessageText(first.messageText, '\n');
  throw fault('PLUGIN_COMPILE_FAILED', `${path}:${line + 1}:${character + 1} ${message}`);
}

function withSwc(swc: typeof Swc, path: string, source: string): string {
  try {
    const { code } = swc.transformSync(source, {
      filename: path,
      swcrc: false,
      configFile: false,
      module: { type: 'es6' },
      sourceMaps: 'inline',
      jsc: {
        target: 'es2022',
        keepClassNames: true,
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    return code;
  } catch (error) {
    throw fault('PLUGIN_COMPILE_FAILED', `${path}: ${(error as Error).message}`);
  }
}

function requireIfInstalled<Module>(require: NodeJS.Require, name: string): Module | undefined {
  try {
    return require(name) as Module;
  } catch {
    return undefined;
  }
}

/** A plain error: classes do not survive the way from the loader's thread to the engine's. */
function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
