/** A small engine to be bundled into one file: loads plugins as the command line does and says what it got, as JSON. */
import * as inversify from 'inversify';
import * as rxjs from 'rxjs';
import * as operators from 'rxjs/operators';
import * as core from '../index.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { hookedImporter } from './module-importer.js';
import { PluginHost } from './plugin-host.js';
import { PluginLoader } from './plugin-loader.js';

const [hooks, cacheFolder, baseFolder, specifier, sysPath] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];

class Host extends core.HostEnvironment {
  readonly variables = {};
  readonly procPath = '/proc';
  readonly sysPath = sysPath;
  readonly rootPath = '';
}

const place = { line: 1, column: 1, offset: 0 };
const range = { file: '.devicerc.yml', start: place, end: place };
const sharedModules = {
  '@devicerc/core': core,
  inversify,
  rxjs,
  'rxjs/operators': operators,
  zod: await import('zod'),
};
const importer = hookedImporter({ sharedModules, hooks: new URL(hooks), cacheFolder });
const loading = await new PluginLoader(importer, new Map()).load([
  { specifier, options: undefined, baseFolder, range, optionRange: () => range },
]);

if (loading.ok) {
  const container = new inversify.Container();
  container.bind(core.Clock).toConstantValue(new VirtualClock());
  container.bind(core.Logger).toConstantValue(new RecordingLogger());
  container.bind(core.HostEnvironment).toConstantValue(new Host());
  const host = await PluginHost.start(loading.value, container);
  const stream = host.stream('fan')!;
  const opened = (stream.instance as core.StateStream).open({}, rxjs.of(core.FieldSet.all));
  const signal = new AbortController().signal;
  const run = { signal, log: new RecordingLogger(), rule: 'r', run: '1', attempt: 1, idempotencyKey: 'k', held: false };
  await host.action('fan.set')!.instance.run({ percent: 100 }, run);
  console.log(
    JSON.stringify({
      plugin: stream.plugin,
      sameObservable: opened instanceof rxjs.Observable,
      sameSchemas: stream.description.value instanceof core.z.ZodObject,
      sameHost: (stream.instance as unknown as { host: unknown }).host instanceof Host,
      sameClock: (stream.instance as unknown as { clock: unknown }).clock instanceof core.Clock,
    }),
  );
} else {
  console.log(
    JSON.stringify({
      diagnostics: loading.diagnostics.map(({ code, message, remedy }) => ({ code, message, remedy })),
    }),
  );
}
