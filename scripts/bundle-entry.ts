/** The command line with the plugins that come with it: the one place where the core meets a plugin. */
import { runCli } from '../packages/core/dist/cli/main.js';
import manifest from '../packages/core/package.json' with { type: 'json' };

await runCli(process.argv, {
  version: manifest.version,
  builtIn: new Map([['@devicerc/plugin-dbus', async () => (await import('@devicerc/plugin-dbus')).default]]),
  sharedModules: async () => ({
    '@devicerc/core': await import('@devicerc/core'),
    inversify: await import('inversify'),
    'reflect-metadata': await import('reflect-metadata'),
    rxjs: await import('rxjs'),
    zod: await import('zod'),
  }),
  hooks: new URL('./plugin-hooks.js', import.meta.url),
});
