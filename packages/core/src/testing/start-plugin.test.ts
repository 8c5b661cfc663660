import { expect, test } from '@jest/globals';
import { inject, injectable } from 'inversify';
import { map, NEVER, Observable, Subject, switchMap, timer, type Subscription } from 'rxjs';
import { readFile } from 'node:fs/promises';
import { action, type ActionContext } from '../actions/action.js';
import { ClockStream } from '../builtin/clock-stream.js';
import { CustomEvents } from '../builtin/custom-events.js';
import { CustomStream } from '../builtin/custom-stream.js';
import { Clock } from '../clock/clock.js';
import { clockScheduler } from '../clock/clock-scheduler.js';
import { Duration } from '../clock/duration.js';
import { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { Logger } from '../diagnostics/logger.js';
import { HostEnvironment } from '../host/host-environment.js';
import { definePlugin, PluginOptions, type ServiceLifecycle } from '../plugins/plugin.js';
import { streamOf, type StreamOf } from '../plugins/stream-injection.js';
import { duration, z } from '../schemas/schema.js';
import { eventStream, stateStream, type Interest } from '../streams/stream.js';
import { FakeHost } from './fake-host.js';
import { startPlugin } from './start-plugin.js';

const tankOptions = z.object({ every: duration().default(Duration.parse('1s')), leak: z.boolean().default(false) });

const happened: string[] = [];

@injectable()
class Pump implements ServiceLifecycle {
  constructor(
    @inject(PluginOptions) readonly options: z.output<typeof tankOptions>,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  start(): void {
    happened.push('pump starts');
    this.log.info('primed');
  }

  dispose(): void {
    happened.push('pump ends');
    if (this.options.leak) this.clock.schedule(1_000, () => {}, 'drip');
  }
}

const part = z.object({ unit: z.enum(['litres', 'percent']).default('litres'), every: duration().optional() });

@stateStream({
  name: 'tank',
  summary: 'A tank.',
  parameters: part,
  value: z.object({ level: z.number(), unit: z.string() }),
})
class Tank {
  constructor(
    private readonly pump: Pump,
    private readonly clock: Clock,
  ) {}

  open({ unit, every = this.pump.options.every }: z.output<typeof part>) {
    return timer(0, every.milliseconds, clockScheduler(this.clock)).pipe(map((level) => ({ level, unit })));
  }
}

@eventStream({
  name: 'tank.alarm',
  summary: 'An alarm.',
  match: z.object({ valve: z.string() }),
  value: z.object({ valve: z.string(), reason: z.string() }),
})
class Alarm {
  static readonly rung = new Subject<{ valve: string; reason: string }>();

  open(_parameters: unknown, interest: Interest<{ valve: string }>): Observable<{ valve: string; reason: string }> {
    // As a subscription that is narrowed at its source: nobody interested, nothing open.
    return interest.pipe(
      switchMap((patterns) =>
        patterns.length === 0
          ? NEVER
          : Alarm.rung.pipe(
              switchMap((alarm) => (patterns.some(({ valve = alarm.valve }) => valve === alarm.valve) ? [alarm] : [])),
            ),
      ),
    );
  }
}

const filling = z.object({ litres: z.number().default(1), over: duration().default(Duration.parse('1m')) });

@action({
  name: 'tank.fill',
  summary: 'Fills.',
  effects: [],
  holds: true,
  input: filling,
  output: z.object({ level: z.number() }),
})
class Fill {
  constructor(private readonly pump: Pump) {}

  async run({ litres, over }: z.output<typeof filling>, { held, signal, log }: ActionContext) {
    log.info(`fills for ${over}`);
    if (held) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return { level: litres * this.pump.options.every.milliseconds };
  }
}

@action({ name: 'tank.hum', summary: 'Never ends.', effects: [], input: z.object({}) })
class Hum {
  run(): Promise<void> {
    return new Promise(() => {});
  }
}

const tank = definePlugin({
  name: 'tank',
  api: '^1.0.0',
  options: tankOptions,
  services: [Pump],
  streams: [Tank, Alarm],
  actions: [Fill, Hum],
});

test('a plugin is started with its options by its schema, and ended; its streams and actions are typed by their classes', async () => {
  happened.length = 0;
  const clock = new VirtualClock();
  const started = await startPlugin(tank, { options: { every: '2s' }, clock });
  expect(started.service(Pump).options).toEqual({ every: Duration.parse('2s'), leak: false });
  const probe = started.stream(Tank, { unit: 'percent' });
  await clock.advance(Duration.parse('3s'));
  const levels: number[] = probe.values.map(({ level }) => level);
  expect([levels, probe.values[0]?.unit]).toEqual([[0, 1], 'percent']);
  const { level } = await started.action(Fill)({ litres: 3 });
  expect(level).toBe(6_000);
  expect(started.log.map(({ message }) => message)).toEqual(['primed', 'fills for 1m']);
  expect(await started.stop()).toEqual([]);
  expect(happened).toEqual(['pump starts', 'pump ends']);
  expect(clock.pendingTimers).toEqual([]);
});

test('what does not fit the class or the schema of the options is refused by the compiler, and by the kit', async () => {
  // @ts-expect-error there is no such option
  const start = startPlugin(tank, { options: { evry: '2s' } });
  await expect(start).rejects.toMatchObject({
    diagnostics: [
      { code: 'PLUGIN_OPTION_INVALID', message: 'tank has no option "evry".', remedy: 'Did you mean "every"?' },
    ],
  });
  const started = await startPlugin(tank);
  // @ts-expect-error there is no such unit
  expect(() => started.stream(Tank, { unit: 'gallons' })).toThrow(expect.objectContaining({ code: 'CONTRACT_BROKEN' }));
  // @ts-expect-error it takes litres
  await expect(started.action(Fill)({ litres: [] })).rejects.toMatchObject({ code: 'CONTRACT_BROKEN' });
  await expect(started.action(Hum)({}, { held: true })).rejects.toMatchObject({
    code: 'CONTRACT_BROKEN',
    message: expect.stringContaining('holds: true'),
  });
  expect(() => started.service(ReadsOthers)).toThrow(expect.objectContaining({ code: 'CONTRACT_BROKEN' }));
  expect(await started.stop()).toEqual([]);
});

test('an event stream with push-down is followed with everything in mind, or with the interest that is given', async () => {
  const started = await startPlugin(tank);
  const all = started.stream(Alarm);
  const some = started.stream(Alarm, undefined, [{ valve: 'inlet' }]);
  const none = started.stream(Alarm, undefined, []);
  Alarm.rung.next({ valve: 'inlet', reason: 'stuck' });
  Alarm.rung.next({ valve: 'outlet', reason: 'open' });
  expect([all, some, none].map(({ values }) => values.map(({ valve }) => valve))).toEqual([
    ['inlet', 'outlet'],
    ['inlet'],
    [],
  ]);
  expect(await started.stop()).toEqual([]);
  expect(Alarm.rung.observed).toBe(false);
});

test('a held action keeps its effect until its signal is aborted, or the plugin is stopped', async () => {
  const started = await startPlugin(tank);
  const fill = started.action(Fill);
  const own = new AbortController();
  const first = fill({}, { held: true, signal: own.signal });
  const second = fill({ litres: 2 }, { held: true, signal: new AbortController().signal });
  own.abort();
  await expect(first).resolves.toEqual({ level: 1_000 });
  expect(await started.stop()).toEqual([]);
  await expect(second).resolves.toEqual({ level: 2_000 });
});

test('what is left open at the stop is reported', async () => {
  const clock = new VirtualClock();
  const started = await startPlugin(tank, { options: { leak: true }, clock });
  const held = started.action(Fill)({}, { held: true });
  void started.action(Hum)({});
  started.stream(Tank);
  expect(await started.stop()).toEqual([
    'Hum goes on after its signal was aborted.',
    'after it was stopped, timers go on: drip.',
  ]);
  await expect(held).resolves.toEqual({ level: 1_000 });
}, 20_000);

@injectable()
class Broken implements ServiceLifecycle {
  async start(): Promise<void> {
    throw new Error('no water');
  }
}

test('a plugin that does not start is an error, and leaves nothing behind', async () => {
  const clock = new VirtualClock();
  const broken = definePlugin({ name: 'broken', api: '^1.0.0', services: [Broken] });
  await expect(startPlugin(broken, { clock })).rejects.toMatchObject({
    code: 'PLUGIN_FAULT',
    message: expect.stringContaining('no water'),
  });
  await expect(startPlugin(definePlugin({ name: 'old', api: '^0.1.0' }), { clock })).rejects.toMatchObject({
    diagnostics: [{ code: 'PLUGIN_API_UNSUPPORTED' }],
  });
  expect(clock.pendingTimers).toEqual([]);
});

@injectable()
class ReadsOthers implements ServiceLifecycle {
  readonly levels: number[] = [];
  readonly alarms: string[] = [];
  synchronized: boolean | undefined;
  readonly #following: Subscription[] = [];

  constructor(
    @inject(streamOf(Tank)) readonly tank: StreamOf<Tank>,
    @inject(streamOf(Alarm)) readonly alarm: StreamOf<Alarm>,
    @inject(streamOf(ClockStream)) private readonly calendar: StreamOf<ClockStream>,
  ) {}

  start(): void {
    this.#following.push(
      this.tank.state({ every: '500ms' }).changes.subscribe(({ value }) => value && this.levels.push(value.level)),
      this.alarm.events({}, { valve: 'inlet' }).subscribe(({ reason }) => this.alarms.push(reason)),
      this.calendar.state().changes.subscribe(({ value }) => (this.synchronized = value?.synchronized)),
    );
  }

  dispose(): void {
    for (const following of this.#following) following.unsubscribe();
  }
}

const reader = definePlugin({ name: 'reader', api: '^1.0.0', services: [ReadsOthers] });

test('a plugin reads streams of others, and of the core, in code that is typed by their classes', async () => {
  const clock = new VirtualClock();
  const started = await startPlugin(reader, { clock, dependencies: [[tank, { every: '1h' }]] });
  const { levels, alarms, tank: source, alarm, synchronized } = await soon(clock, started.service(ReadsOthers));
  Alarm.rung.next({ valve: 'outlet', reason: 'open' });
  Alarm.rung.next({ valve: 'inlet', reason: 'stuck' });
  expect({ levels, alarms, synchronized }).toEqual({ levels: [0, 1, 2], alarms: ['stuck'], synchronized: true });
  expect(source.state({ every: '500ms' }).reading).toMatchObject({
    quality: 'ok',
    value: { level: 2, unit: 'litres' },
  });
  expect(() => source.state({ every: 'soon' })).toThrow(
    expect.objectContaining({ code: 'STREAM_PARAMETERS_INVALID', message: expect.stringMatching(/tank .*every: /) }),
  );
  // @ts-expect-error there is no such unit
  expect(() => source.state({ unit: 'gallons' })).toThrow(
    expect.objectContaining({ code: 'STREAM_PARAMETERS_INVALID' }),
  );
  // @ts-expect-error there is no such field to match
  expect(alarm.events({}, { valv: 'inlet' })).toBeInstanceOf(Observable);
  expect(() => alarm.state()).toThrow(expect.objectContaining({ code: 'STREAM_KIND_WRONG' }));
  expect(() => source.events()).toThrow(expect.objectContaining({ code: 'STREAM_KIND_WRONG' }));
  expect(await started.stop()).toEqual([]);
  expect(Alarm.rung.observed).toBe(false);
});

async function soon<Service>(clock: VirtualClock, service: Service): Promise<Service> {
  await clock.advance(Duration.parse('1s'));
  return service;
}

test('a stream of a plugin that is not in use cannot be injected, and a class that is no stream has no token', async () => {
  await expect(startPlugin(reader)).rejects.toMatchObject({ code: 'PLUGIN_FAULT' });
  // @ts-expect-error it has no `open`
  expect(() => streamOf(Pump)).toThrow(expect.objectContaining({ code: 'STREAM_UNKNOWN' }));
});

@stateStream({ name: 'gauge', summary: 'Reads a file.', value: z.object({ level: z.number() }) })
class Gauge {
  constructor(
    private readonly host: HostEnvironment,
    private readonly clock: Clock,
  ) {}

  open() {
    const read = async () => ({ level: Number(await readFile(`${this.host.sysPath}/level`, 'utf8')) });
    return timer(0, 10, clockScheduler(this.clock)).pipe(switchMap(read));
  }
}

@action({ name: 'gauge.emit', summary: 'Emits.', effects: [], input: z.object({ event: z.string() }) })
class Emit {
  constructor(private readonly events: CustomEvents) {}
  async run({ event }: { event: string }): Promise<void> {
    this.events.emit(event, null);
  }
}

test('a probe waits for real input, on a fake host', async () => {
  const host = new FakeHost({ files: { '/sys/level': '5' } });
  const clock = new RealClock();
  const plugin = definePlugin({ name: 'gauge', api: '^1.0.0', streams: [Gauge], actions: [Emit] });
  const started = await startPlugin(plugin, { host, clock });
  const probe = started.stream(Gauge);
  const { level } = await probe.next();
  expect(level).toBe(5);
  host.write('/sys/level', '6');
  const before = probe.values.length;
  const levels = await probe.until(before + 3);
  expect(levels).toHaveLength(before + 3);
  expect(levels.at(-1)).toEqual({ level: 6 });
  // The next one that was not given yet, not the latest.
  await expect(probe.next()).resolves.toBe(probe.values[1]);

  const custom = started.stream(CustomStream);
  const waiting = custom.next();
  await started.action(Emit)({ event: 'done' });
  expect((await waiting).event).toBe('done');
  await expect(custom.until(2, { within: Duration.parse('50ms') })).rejects.toMatchObject({
    code: 'EVENTUALLY_NOT',
    message: 'custom gave 1 of the 2 values that were waited for.',
  });
  await expect(custom.next({ within: Duration.parse('50ms') })).rejects.toMatchObject({ code: 'EVENTUALLY_NOT' });
  await started.action(Emit)({ event: 'late' });
  expect((await custom.next()).event).toBe('late');
  expect(await started.stop()).toEqual([]);
  clock.dispose();
  expect(host.read('/sys/level')).toBe('6');
  expect(() => host.read('/../etc/hostname')).toThrow('ENOENT');
  host.dispose();
  expect(() => host.read('/sys/level')).toThrow('ENOENT');
});
