/** The 50 rules of the soak, by what shows that they fired. The load knows them by these names. */
const names = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_none, index) => `${kind}-${index + 1}`);

/** Their firings are lines of the log. */
const plain = names('plain', 12);
const keyed = names('keyed', 4);
/** Each of these emits; the rule that hears it writes the line. */
const relays = names('relay', 4);
/** Their firings are messages, which survive the engine. */
const messages = names('message', 6);
const waits = names('wait', 2);
/** Four signals make one firing, over restarts too. */
const counts = names('count', 4);
export const countOf = 4;

export const loggedRules: readonly string[] = [...plain, ...keyed, ...relays];
export const deliveredRules: readonly string[] = [...messages, ...waits, ...counts];
export const countedRules = counts;
export const levelRules = names('level', 4);
export const holdRules = names('hold', 4);
/** Seconds between two occurrences. */
export const cronRules: ReadonlyMap<string, number> = new Map([
  ['cron-1', 1],
  ['cron-2', 2],
  ['cron-3', 5],
]);
export const everyRules: ReadonlyMap<string, number> = new Map([
  ['every-1', 2],
  ['every-2', 5],
]);

export const sensorName = 'org.example.Sensors';
export const sensorPath = '/sensors';
export const signalInterface = 'org.example.Soak';

export interface SoakRulesOptions {
  /** URL of the receiver of messages. */
  readonly hook: string;
  /** `for` of the level rules, as the file writes it. */
  readonly levelFor: string;
  /** Programs to hold, by rule. */
  readonly holdProgram: (rule: string) => string;
  /** Changes one rule, so that each reload has something to do. */
  readonly edition: number;
  /** A file that cannot be taken over. */
  readonly isBroken: boolean;
}

/** The file, as JSON: every JSON text is YAML. */
export function soakRules({ hook, levelFor, holdProgram, edition, isBroken }: SoakRulesOptions): string {
  const signalOf = (rule: string): object => ({
    'dbus.signal': { interface: signalInterface, member: 'Tick', arg0: rule },
  });
  const number = 'event.args[1]';
  const isMany = { mode: 'parallel', max: 1000 };
  const lineOf = (number: string): object => ({ do: 'log', with: { message: `fired \${{ ${number} }}` } });
  const messageOf = (rule: string, numbers: unknown): object => ({
    do: 'notify.webhook',
    with: { url: hook, body: { rule, numbers } },
  });
  const occurrence = {
    do: 'log',
    with: {
      message: 'occurred',
      fields: { scheduled: '${{ event.scheduled }}', missed: '${{ event.missed }}' },
    },
  };
  const scheduleOf = (plan: object): object => ({ on: [{ schedule: plan }], ...isMany, then: [occurrence] });
  const onSignal = (rule: string, then: readonly object[]): object => ({ on: [signalOf(rule)], ...isMany, then });

  // Signals are subscribed to in this order: those whose lines show that the engine listens stand first and last.
  const rules: [string, object][] = [
    ...plain.map((rule): [string, object] => [rule, onSignal(rule, [lineOf(number)])]),
    ...messages.map((rule): [string, object] => [rule, onSignal(rule, [messageOf(rule, [`\${{ ${number} }}`])])]),
    ...waits.map((rule): [string, object] => [
      rule,
      onSignal(rule, [{ wait: '2s' }, messageOf(rule, [`\${{ ${number} }}`])]),
    ]),
    ...counts.map((rule): [string, object] => [
      rule,
      {
        on: [{ count: { of: signalOf(rule), n: countOf, within: '10m' } }],
        ...isMany,
        then: [messageOf(rule, [`\${{ ${number} }}`])],
      },
    ]),
    ...levelRules.map((rule): [string, object] => [
      rule,
      {
        when: `sensors.${propertyOf(rule)} > 0`,
        for: levelFor,
        then: [messageOf(rule, [`\${{ sensors.${propertyOf(rule)} }}`])],
      },
    ]),
    ...holdRules.map((rule): [string, object] => [
      rule,
      {
        while: `sensors.${propertyOf(rule)} > 0`,
        hold: { do: 'exec', with: { command: [holdProgram(rule), '86400'] } },
      },
    ]),
    ...[...cronRules].map(([rule, seconds], index): [string, object] => [
      rule,
      scheduleOf({ cron: `*/${seconds} * * * * *`, timezone: 'UTC', 'catch-up': index === 0 ? 'once' : 'none' }),
    ]),
    ...[...everyRules].map(([rule, seconds]): [string, object] => [rule, scheduleOf({ every: `${seconds}s` })]),
    ...relays.flatMap((rule): [string, object][] => [
      [rule, onSignal(rule, [{ emit: { event: rule, data: `\${{ ${number} }}` } }])],
      [`${rule}-heard`, { on: [{ custom: { event: rule } }], ...isMany, then: [lineOf('event.data')] }],
    ]),
    ...keyed.map((rule): [string, object] => [
      rule,
      { ...onSignal(rule, [lineOf(number)]), key: 'event.args[2]', mode: 'queued' },
    ]),
    ['changing', { on: [{ start: null }], then: [{ do: 'log', with: { message: `edition ${edition}` } }] }],
    ...(isBroken ? [['broken', { when: 'sensors.nothing', then: 7 }] as [string, object]] : []),
  ];
  const properties = Object.fromEntries([...levelRules, ...holdRules].map((rule) => [propertyOf(rule), 'u']));
  return JSON.stringify({
    version: 1,
    plugins: [{ use: '@devicerc/plugin-dbus' }],
    streams: {
      sensors: {
        from: 'dbus.properties',
        with: { destination: sensorName, path: sensorPath, properties },
      },
    },
    rules: Object.fromEntries(rules),
  });
}

/** The property of the sensors that a rule reads: `level-1` reads `Level1`. */
export function propertyOf(rule: string): string {
  return rule[0]!.toUpperCase() + rule.slice(1).replace('-', '');
}
