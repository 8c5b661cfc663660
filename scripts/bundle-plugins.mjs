/** What keeps the bundle quick to start: see each plugin's reason. */
import { builtinModules } from 'node:module';

const namespace = 'builtin-when-needed';

/**
 * An ES module's imports of Node's own modules stand at the top of the bundle, also those of parts that are seldom needed:
 * every start would load HTTP/2 and TLS. Behind a CommonJS module each is loaded with the first part that needs it.
 */
export const builtinsWhenNeeded = {
  name: namespace,
  setup(build) {
    const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    build.onResolve({ filter: /^[a-z:_/]+\d?[a-z_/]*$/ }, ({ path, kind, namespace: from }) => {
      if (!builtins.has(path)) return undefined;
      if (kind === 'require-call' || from === namespace) return { path, external: true };
      return { path, namespace };
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/** The schema library brings its messages in fifty languages; ours are English. */
export const englishMessages = {
  name: 'english-messages',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};
