import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, injectable } from 'inversify';
import { concat, NEVER, Observable, of } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { RealClock } from '../clock/real-clock.js';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { FileReader } from '../config/file-reader.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { ProcessHost } from '../host/process-host.js';
import type { ProbeResult, Requirement, RequirementUse } from '../host/requirement.js';
import { plainImporter } from '../plugins/module-importer.js';
import { definePlugin, type PluginDefinition, PluginOptions } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { lost, type Lost } from '../streams/reading.js';
import { stateStream, type StateInterest, type StateStream } from '../streams/stream.js';
import { EngineView } from './engine-view.js';
import { examine, type Finding } from './examination.js';
import { isGood, loadDevice } from './load-device.js';
import { SecretMask } from './secret-mask.js';

/** What happened to the plugins, in its order. */
let events: string[] = [];
let uses: RequirementUse[] = [];

const port: Requirement = {
  name: 'port',
  summary: 'The port is there.',
  compose: 'devices: [/dev/port]\n',
  plugin: 'ports',
  async probe(host, use): Promise<ProbeResult> {
    expect(host).toBeInstanceOf(ProcessHost);
    uses.push(use);
    const { number } = use.options as { number: number };
    if (number === 0) throw new Error('no port has the number 0');
    return number < 10 ? { met: true, detail: `port ${number}` } : { met: false, detail: `no port ${number}` };
  },
};

@injectable()
class PortService {
  constructor(
    private readonly view: EngineView,
    @inject(PluginOptions) private readonly options: { number: number },
  ) {}

  start(): void {
    if (this.options.number === 9) throw new Error('port 9 is stuck');
    const { state, rules, plugins } = this.view.status();
    events.push(`start ports beside ${plugins.length - 1} others, ${state}, ${rules.length} rules`);
  }
  dispose(): void {
    events.push('end ports');
  }
}
class IdleService {
  start(): void {
    events.push('start idle');
  }
}

const sensor = z.object({ rpm: z.number(), heat: z.number() });
type Sensor = z.output<typeof sensor>;

@stateStream({
  name: 'sensor',
  summary: 'A sensor.',
  parameters: z.object({ fault: z.string().default('') }),
  value: sensor,
  requires: [port],
})
class SensorStream implements StateStream<{ fault: string }, Sensor> {
  constructor(private readonly ports: PortService) {}

  open({ fault }: { fault: string }, interest: StateInterest): Observable<Sensor | Lost> {
    return new Observable((follower) => {
      follower.add(interest.subscribe(({ paths }) => events.push(`read ${paths.join()}`)));
      follower.add(() => events.push('close'));
      if (fault !== 'silent') follower.next(fault === '' ? { rpm: 1, heat: 0 } : lost(fault));
    });
  }
}

@stateStream({ name: 'slow', summary: 'Is lost at first.', value: z.object({ on: z.boolean() }) })
class SlowStream implements StateStream<unknown, { on: boolean }> {
  open(): Observable<{ on: boolean } | Lost> {
    return concat(of(lost('it connects'), { on: true }), NEVER);
  }
}

@action({ name: 'port.reset', summary: 'Resets.', effects: [], input: z.object({}), requires: [port] })
class Reset implements Action<unknown, void> {
  async run(): Promise<void> {
    events.push('reset');
  }
}

const ports = definePlugin({
  name: 'ports',
  api: '^1.0.0',
  options: z.object({ number: z.number().default(7) }),
  services: [PortService],
});
const sensors = definePlugin({
  name: 'sensors',
  api: '^1.0.0',
  dependsOn: ['ports'],
  streams: [SensorStream, SlowStream],
  actions: [Reset],
});
const idle = definePlugin({ name: 'idle', api: '^1.0.0', services: [IdleService] });

const clock = new VirtualClock();
let folder: string;
beforeEach(() => {
  [events, uses] = [[], []];
  folder = mkdtempSync(join(tmpdir(), 'devicerc-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param number of the port, as the file gives it to the plugin `ports` */
async function examined(rest: string, number = 7): Promise<{ findings: Finding[]; seconds: number }> {
  const file = join(folder, '.devicerc.yml');
  const use = `plugins: [{ use: ports, with: { number: ${number} } }, { use: sensors }, { use: idle }]`;
  writeFileSync(file, `version: 1\n${use}\n${rest}`);
  const host = new ProcessHost();
  const machine = {
    host,
    mask: new SecretMask(host),
    files: new FileReader(new RealClock()),
    expressions: new CelCompiler(),
    importModule: plainImporter,
    builtIn: new Map(
      [ports, sensors, idle].map((plugin) => [plugin.name, async (): Promise<PluginDefinition> => plugin]),
    ),
  };
  const device = await loadDevice(file, machine);
  if (!isGood(device)) throw new Error(device.diagnostics.map(({ message }) => message).join('\n'));
  const begin = clock.boottime();
  let findings: Finding[] | undefined;
  const examining = examine(device, { ...machine, clock }).then((found) => (findings = found));
  await eventually(async () => {
    if (!findings) await clock.advance(Duration.parse('1s'));
    return findings !== undefined;
  });
  expect(clock.pendingTimers).toEqual([]);
  return { findings: await examining, seconds: (clock.boottime() - begin) / 1_000 };
}

const rule = (when: string, then = 'log, with: { message: hi }'): string =>
  `rules: { r: { when: "${when}", then: [{ do: ${then} }] } }\n`;
const needs = { kind: 'requirement', name: 'port', summary: 'The port is there.', compose: port.compose };

test('a requirement is probed with the options of its plugin and the parameters of the stream', async () => {
  const streams = 'streams: { other: { from: sensor, with: { fault: broken } } }\n';
  const { findings } = await examined(streams + rule('sensor.rpm > 0.0 && other.rpm > 0.0', 'port.reset'), 8);
  expect(uses).toEqual([
    { options: { number: 8 }, parameters: { fault: '' } },
    { options: { number: 8 }, parameters: { fault: 'broken' } },
    { options: { number: 8 }, parameters: undefined },
  ]);
  expect(findings[0]).toEqual({ ...needs, met: true, detail: 'port 8', neededBy: ['sensor', 'port.reset'] });
  expect(events).not.toContain('reset');
});

test('a probe that throws finds that it is missing', async () => {
  const { findings } = await examined(rule('sensor.rpm > 0.0'), 0);
  expect(findings).toEqual([
    { ...needs, met: false, detail: 'Could not be probed: no port has the number 0', neededBy: ['sensor'] },
  ]);
});

test('a state is opened for a moment, for the fields that are read, and with the plugins that it needs', async () => {
  const { findings } = await examined(rule('sensor.rpm > 0.0 && slow.on'));
  expect(findings.slice(1)).toEqual([
    { kind: 'stream', name: 'sensor', summary: 'The state of sensor can be read.', met: true, detail: 'It is ok.' },
    { kind: 'stream', name: 'slow', summary: 'The state of slow can be read.', met: true, detail: 'It is ok.' },
  ]);
  expect(events).toEqual(['start ports beside 3 others, loaded, 0 rules', 'read rpm', 'close', 'end ports']);
});

test('a state that cannot be read says why, within 10 s; also one that says nothing', async () => {
  const streams = `streams:
  broken: { from: sensor, with: { fault: the cable is out. } }
  silent: { from: sensor, with: { fault: silent } }
`;
  const { findings, seconds } = await examined(
    streams + rule('broken.rpm > 0.0 && silent.heat > 0.0 && sensor.rpm > 0.0'),
  );
  expect(findings.slice(1).map(({ name, met, detail }) => [name, met, detail])).toEqual([
    ['broken', false, 'It is lost: the cable is out.'],
    ['silent', false, 'It is lost: not read yet.'],
    ['sensor', true, 'It is ok.'],
  ]);
  expect(seconds).toBeLessThanOrEqual(11);
  expect(events.filter((event) => event === 'close')).toHaveLength(3);
});

test('a state of a plugin that cannot start says so', async () => {
  const { findings } = await examined(rule('sensor.rpm > 0.0'), 9);
  expect(findings[1]).toMatchObject({ name: 'sensor', met: false, detail: expect.stringContaining('port 9 is stuck') });
  expect(events).toEqual(['end ports']);
});

test('a state whose requirement is not met is not opened, and nothing is started for it', async () => {
  const { findings } = await examined(rule('sensor.rpm > 0.0'), 12);
  expect(findings).toEqual([{ ...needs, met: false, detail: 'no port 12', neededBy: ['sensor'] }]);
  expect(events).toEqual([]);
});
