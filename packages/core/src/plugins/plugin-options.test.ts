import { describe, expect, test } from '@jest/globals';
import { inject, injectable } from 'inversify';
import { Duration } from '../clock/duration.js';
import { duration, z } from '../schemas/schema.js';
import { findingsOf, load, PluginBench, pluginOf } from './plugin.fixture.js';
import { PluginOptions } from './plugin.js';

/** What the options of a plugin with this schema are after loading, or what is wrong with them. */
async function optionsOf(schema: z.ZodType | undefined, written: unknown): Promise<unknown> {
  const loading = await load({ fan: pluginOf('fan', schema && { options: schema }) }, { fan: written });
  return loading.ok ? loading.value.plugins[0]?.options : findingsOf(loading);
}

const zone = z.object({
  get zones() {
    return z.array(zone).optional();
  },
});
const fanOptions = z.object({ minimum: z.number().default(10), name: z.string().optional() });

describe('options are', () => {
  test('parsed by the schema of the plugin, with its defaults', async () => {
    expect(await optionsOf(fanOptions, { name: 'rear' })).toEqual({ minimum: 10, name: 'rear' });
    const limits = z.object({ low: z.number().default(1) }).prefault({});
    expect(await optionsOf(z.object({ pause: duration(), limits }), { pause: '10s' })).toEqual({
      pause: Duration.parse('10s'),
      limits: { low: 1 },
    });
  });

  test.each([undefined, null, {}])('the defaults when %p stands under with', async (written) => {
    expect(await optionsOf(fanOptions, written)).toEqual({ minimum: 10 });
    expect(await optionsOf(undefined, written)).toEqual({});
  });
});

describe('an unknown option is rejected at its place:', () => {
  test('one that is misspelt, with what it may have meant', async () => {
    const loading = await load({ fan: pluginOf('fan', { options: fanOptions }) }, { fan: { minimun: 20 } });
    expect(findingsOf(loading)).toEqual(['PLUGIN_OPTION_INVALID fan.with.minimun: fan has no option "minimun".']);
    expect(loading).toMatchObject({ diagnostics: [{ remedy: 'Did you mean "minimum"?' }] });
  });

  test('one like no other, with the remedy of the table', async () => {
    const loading = await load({ fan: pluginOf('fan', { options: fanOptions }) }, { fan: { colour: 'red' } });
    expect(loading).toMatchObject({
      diagnostics: [{ remedy: expect.stringMatching(/^Correct the option under with/) }],
    });
  });

  test('each of several', async () => {
    expect(await optionsOf(fanOptions, { colour: 'red', minimum: 20, size: 8 })).toEqual([
      'PLUGIN_OPTION_INVALID fan.with.colour: fan has no option "colour".',
      'PLUGIN_OPTION_INVALID fan.with.size: fan has no option "size".',
    ]);
  });

  test('any of a plugin that takes none', async () => {
    expect(await optionsOf(undefined, { minimum: 20 })).toEqual([
      'PLUGIN_OPTION_INVALID fan.with.minimum: fan has no option "minimum".',
    ]);
  });

  test.each([
    [
      'of a mapping',
      z.object({ limits: z.object({ low: z.number() }) }),
      { limits: { low: 1, hihg: 2 } },
      'limits.hihg',
    ],
    [
      'of a mapping that may be left out',
      z.object({ limits: z.object({ low: z.number() }).optional() }),
      { limits: { low: 1, hihg: 2 } },
      'limits.hihg',
    ],
    [
      'of a mapping that has a default',
      z.object({ limits: z.object({ low: z.number() }).default({ low: 1 }) }),
      { limits: { low: 1, hihg: 2 } },
      'limits.hihg',
    ],
    [
      'of an item of a list',
      z.object({ fans: z.array(z.object({ pin: z.number() })) }),
      { fans: [{ pin: 1 }, { pin: 2, pim: 3 }] },
      'fans.1.pim',
    ],
    [
      'of an entry of a map',
      z.object({ fans: z.record(z.string(), z.object({ pin: z.number() })) }),
      { fans: { rear: { pin: 1, pim: 3 } } },
      'fans.rear.pim',
    ],
    [
      'of a mapping that is changed',
      z.object({ limits: z.object({ low: z.number() }).transform(({ low }) => low) }),
      { limits: { low: 1, hihg: 2 } },
      'limits.hihg',
    ],
    [
      'of one of several mappings',
      z.object({ pin: z.discriminatedUnion('kind', [z.object({ kind: z.literal('gpio'), line: z.number() })]) }),
      { pin: { kind: 'gpio', line: 1, lime: 2 } },
      'pin.lime',
    ],
    [
      'of a mapping that holds itself',
      z.object({ zone: zone }),
      { zone: { zones: [{ zones: [{ zoned: 1 }] }] } },
      'zone.zones.0.zones.0.zoned',
    ],
  ])('one %s', async (_where, schema, written, place) => {
    expect(await optionsOf(schema, written)).toEqual([
      `PLUGIN_OPTION_INVALID fan.with.${place}: fan has no option "${place}".`,
    ]);
  });

  test('unless the schema says what to do with others', async () => {
    expect(await optionsOf(z.looseObject({ minimum: z.number() }), { minimum: 1, colour: 'red' })).toEqual({
      minimum: 1,
      colour: 'red',
    });
    expect(await optionsOf(z.object({}).catchall(z.number()), { size: 8 })).toEqual({ size: 8 });
    expect(await optionsOf(z.record(z.string(), z.number()), { size: 8 })).toEqual({ size: 8 });
    const nested = { limits: { low: 1, high: 2 } };
    expect(await optionsOf(z.object({ limits: z.looseObject({ low: z.number() }) }), nested)).toEqual(nested);
  });
});

describe('an option that is not valid is reported at its place:', () => {
  test('with its path and what the schema says', async () => {
    const schema = z.object({ limits: z.object({ low: z.number('write a number') }), pin: z.string('write a text') });
    expect(await optionsOf(schema, { limits: { low: 'a' }, pin: 4 })).toEqual([
      'PLUGIN_OPTION_INVALID fan.with.limits.low: The option "limits.low" of fan is not valid: write a number.',
      'PLUGIN_OPTION_INVALID fan.with.pin: The option "pin" of fan is not valid: write a text.',
    ]);
  });

  test('one that is missing', async () => {
    expect(await optionsOf(z.object({ pin: z.number('write a number') }), undefined)).toEqual([
      'PLUGIN_OPTION_INVALID fan.with.pin: The option "pin" of fan is not valid: write a number.',
    ]);
  });

  test('options of another shape', async () => {
    expect(await optionsOf(z.object({}, 'write a mapping'), 'fast')).toEqual([
      'PLUGIN_OPTION_INVALID fan.with: The option fan is not valid: write a mapping.',
    ]);
  });

  test('a rule over several, which strictness leaves in force', async () => {
    const schema = z
      .object({ low: z.number(), high: z.number() })
      .refine(({ low, high }) => low < high, 'low must be below high');
    expect(await optionsOf(schema, { low: 2, high: 1 })).toEqual([
      'PLUGIN_OPTION_INVALID fan.with: The option fan is not valid: low must be below high.',
    ]);
  });
});

test('a schema that throws is a fault of its plugin, and the others are judged', async () => {
  const schema = z.unknown().transform(() => {
    throw new Error('no such table');
  });
  const modules = { fan: pluginOf('fan', { options: schema }), door: pluginOf('door') };
  expect(findingsOf(await load(modules, { door: { pin: 1 } }))).toEqual([
    'PLUGIN_IMPORT_FAILED fan: "fan" failed while it was loaded: no such table',
    'PLUGIN_OPTION_INVALID door.with.pin: door has no option "pin".',
  ]);
});

@injectable()
class Sensor {
  constructor(@inject(PluginOptions) readonly options: unknown) {}
}

const readers: Reader[] = [];

@injectable()
class Reader {
  constructor(
    @inject(PluginOptions) readonly options: unknown,
    readonly sensor: Sensor,
  ) {
    readers.push(this);
  }
}

test('each class gets the options of its own plugin, a service of another one its own too', async () => {
  const options = z.object({ pin: z.number() });
  const modules = {
    door: pluginOf('door', { options, dependsOn: ['fan'], services: [Reader] }),
    fan: pluginOf('fan', { options, services: [Sensor] }),
  };
  await new PluginBench().start(modules, { options: { fan: { pin: 1 }, door: { pin: 2 } } });
  expect(readers.map(({ options: own, sensor }) => [own, sensor.options])).toEqual([[{ pin: 2 }, { pin: 1 }]]);
});
