import { access, readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PluginCompiler } from './plugin-compiler.js';

/**
 * Hooks of Node's module loader (https://nodejs.org/api/module.html#customization-hooks). They run in a thread of their
 * own and share nothing with the engine but what `initialize` gets.
 */
export interface HookData {
  /** Export names of each shared module, by specifier. */
  readonly exportNames: Readonly<Record<string, readonly string[]>>;
  readonly cacheFolder: string;
  /** URL from where a compiler is looked for when the plugin's folder has none. */
  readonly compilerFallback: string;
}

/** Where the engine's thread keeps the shared modules. */
export const sharedModulesKey = Symbol.for('devicerc.modules');

const sharedScheme = 'devicerc-shared:';
const packageScheme = 'devicerc-package:';

/** A specifier that resolves a package as if the folder imported it. */
export function packageFrom(name: string, folderUrl: string): string {
  return packageScheme + encodeURIComponent(JSON.stringify([name, folderUrl]));
}

let exportNames: HookData['exportNames'] = {};
let compiler: PluginCompiler;

export const initialize: InitializeHook<HookData> = (data) => {
  exportNames = data.exportNames;
  compiler = new PluginCompiler(data.cacheFolder, data.compilerFallback);
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (Object.hasOwn(exportNames, specifier)) {
    return { url: sharedScheme + specifier, format: 'module', shortCircuit: true };
  }
  if (specifier.startsWith(packageScheme)) {
    const [name, folderUrl] = JSON.parse(decodeURIComponent(specifier.slice(packageScheme.length))) as [string, string];
    return nextResolve(name, { ...context, parentURL: folderUrl });
  }
  const source = await typescriptSourceOf(specifier, context.parentURL);
  return source === undefined ? nextResolve(specifier, context) : { url: source, format: 'module', shortCircuit: true };
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (url.startsWith(sharedScheme)) {
    return { format: 'module', source: sharedSource(url.slice(sharedScheme.length)), shortCircuit: true };
  }
  if (!isPluginSource(url)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: await compiler.compile(path, await readFile(path, 'utf8')), shortCircuit: true };
};

/** A module that hands out the exports of the engine's own copy. */
function sharedSource(name: string): string {
  const names = exportNames[name] ?? [];
  const constants = names.map((exported, index) => `const e${index} = shared[${JSON.stringify(exported)}];`);
  const exports = names.map((exported, index) => `e${index} as ${exported}`);
  return [
    `const shared = globalThis[Symbol.for('devicerc.modules')][${JSON.stringify(name)}];`,
    ...constants,
    `export { ${exports.join(', ')} };`,
  ].join('\n');
}

/** TypeScript names the compiled file: `./part.js` means part.ts when only that is there. */
async function typescriptSourceOf(specifier: string, parentUrl: string | undefined): Promise<string | undefined> {
  const isRelative = specifier.startsWith('./') || specifier.startsWith('../');
  if (!isRelative || !parentUrl || !isPluginSource(parentUrl)) return undefined;
  const url = new URL(specifier, parentUrl);
  if (!url.pathname.endsWith('.js') || (await exists(url))) return undefined;
  url.pathname = url.pathname.replace(/\.js$/, '.ts');
  return (await exists(url)) ? url.href : undefined;
}

function isPluginSource(url: string): boolean {
  return url.startsWith('file:') && /\.m?ts$/.test(new URL(url).pathname);
}

async function exists(url: URL): Promise<boolean> {
  try {
    await access(url);
    return true;
  } catch {
    return false;
  }
}
