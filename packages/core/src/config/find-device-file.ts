import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cosmiconfig } from 'cosmiconfig';
import { parse } from 'yaml';
import { coreError } from '../diagnostics/core-errors.js';

const fileNames = ['.devicerc.yml', '.devicerc.yaml', '.devicerc.json'];

/**
 * The device file: the given path, or the first of `.devicerc.yml`, `.devicerc.yaml`, `.devicerc.json` and
 * `package.json` (key `device`) in the folder or one above it. Something else that bears such a name, as the folder that
 * docker makes where the source of a mount is missing, is found as well: what is wrong is reported when it is read.
 * @throws DeviceError `CONFIG_NOT_FOUND`
 */
export async function findDeviceFile(path: string | undefined, folder: string): Promise<string> {
  if (path !== undefined) return resolve(folder, path);
  for (const parent of upwards(resolve(folder))) {
    const places = await placesIn(parent);
    if (places.irregular) return places.irregular;
    // Only what is a file: to open a pipe would wait for a writer.
    const found = await explorer(places.regular).search(parent);
    // An empty device file is one, and gets the error that it deserves; an empty package.json has no key "device".
    if (found && !(found.isEmpty && basename(found.filepath) === 'package.json')) return found.filepath;
  }
  throw coreError(
    'CONFIG_NOT_FOUND',
    `There is no ${fileNames.join(', ')} and no package.json with a key "device" in ${resolve(folder)} or a folder above it.`,
  );
}

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

async function placesIn(folder: string): Promise<{ regular: string[]; irregular?: string }> {
  const regular: string[] = [];
  for (const name of [...fileNames, 'package.json']) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) regular.push(name);
    else if (found && name !== 'package.json' && regular.length === 0)
      return { regular, irregular: join(folder, name) };
  }
  return { regular };
}

function explorer(searchPlaces: string[]): ReturnType<typeof cosmiconfig> {
  return cosmiconfig('device', {
    searchPlaces,
    searchStrategy: 'none',
    cache: false,
    ignoreEmptySearchPlaces: false,
    loaders: { '.yml': presence, '.yaml': presence, '.json': presence },
  });
}

/** The search only has to know whether there is a device file; faults are reported when it is read. */
function presence(path: string, content: string): unknown {
  if (basename(path) !== 'package.json') return { found: true };
  try {
    return parse(content, { logLevel: 'silent' }) as unknown;
  } catch {
    return {};
  }
}
