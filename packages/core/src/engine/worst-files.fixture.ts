/** A number of rules; each is the text under its name. */
function file(rules: Readonly<Record<string, string>>, head = ''): Readonly<Record<string, string>> {
  const entries = Object.entries(rules).map(([name, rule]) => `  ${name}:\n${rule.trim().replace(/^/gm, '    ')}`);
  return { '.devicerc.yml': `version: 1\nplugins: [{ use: ./flood.mjs }]\n${head}rules:\n${entries.join('\n')}\n` };
}

/** A stream of events from outside: every 20 ms so many, of so many characters, with so many keys. */
const flood = (size: number, count: number, keys: number): string =>
  `flood: { from: flood, with: { size: ${size}, count: ${count}, keys: ${keys} } }`;

const streams = (...definitions: readonly string[]): string =>
  `streams:\n${definitions.map((text) => `  ${text}\n`).join('')}`;

/** Files that `check` lets pass and that ask for as much memory as a file can. */
export const worstFiles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'many runs of many steps with large values': file({
    start: `
on: [{ schedule: { every: 1s } }]
then:
  - do: exec
    as: out
    with: { command: [head, -c, "60000", /dev/zero] }
  - emit: { event: go, data: "\${{ out }}" }`,
    steps: `
on: [{ custom: { event: go } }]
mode: parallel
max: 1000
then:
  - repeat:
      times: 500
      max: 500
      then:
        - emit: { event: nobody, data: "\${{ event.data }}" }`,
  }),
  'outputs of programs in many runs that wait': file({
    start: `
on: [{ schedule: { every: 1s } }]
then:
  - repeat: { times: 50, then: [{ emit: { event: go } }] }`,
    programs: `
on: [{ custom: { event: go } }]
mode: parallel
max: 1000
then:
  - { do: exec, as: one, with: { command: [head, -c, "65536", /dev/zero] } }
  - { do: exec, as: two, with: { command: [head, -c, "65536", /dev/zero] } }
  - wait: 1h
  - { do: log, with: { message: "\${{ one.stdout + two.stdout }}" } }`,
  }),
  'many keys with many runs each that wait with large events': file(
    {
      waits: `
on: [{ flood: {} }]
key: event.id
mode: parallel
max: 1000
then: [{ wait: 1h }, { do: log, with: { message: "\${{ event.text }}" } }]`,
    },
    streams(flood(65_536, 10, 1_000)),
  ),
  'long queues of large events': file(
    {
      queues: `
on: [{ flood: {} }]
key: event.id
mode: queued
max: 1000
then: [{ wait: 1h }]`,
    },
    streams(flood(65_536, 10, 1_000)),
  ),
  'patterns that keep large events of many keys': file(
    Object.fromEntries(
      Object.entries({
        debounce: 'on: [{ flood: {}, debounce: 1h }]',
        sequence:
          'on: [{ sequence: { of: [{ flood: {} }, { flood: {}, where: size(event.text) == 0 }], within: 1h } }]',
        all: 'on: [{ all: { of: [{ flood: {} }, { flood: {}, where: size(event.text) == 0 }], within: 1h } }]',
        count: 'on: [{ count: { of: { flood: {} }, n: 10000, within: 1h } }]',
        absence: 'on: [{ absence: { of: { flood: {} }, within: 1h } }]',
      }).map(([name, on]) => [name, `${on}\nkey: event.id\nthen: [{ do: log, with: { message: hi } }]`]),
    ),
    streams(flood(65_536, 5, 1_000)),
  ),
  'signals of a megabyte with themselves as key': file(
    {
      keys: `
on: [{ flood: {} }]
key: event.id + event.text
if: event.text == 'a' || event.text == 'b'
then: [{ wait: 1h }]`,
      signals: `
on: [{ flood: {} }]
if: event.text != 'a'
mode: parallel
max: 1000
then: [{ wait: 1m }]`,
    },
    streams(flood(1_000_000, 2, 10_000)),
  ),
  'texts that double': file({
    start: `
on: [{ schedule: { every: 1s } }]
then: [{ emit: { event: grow, data: { text: "xxxxxxxxxxxxxxxx" } } }]`,
    grow: `
on: [{ custom: { event: grow } }]
mode: parallel
max: 1000
then: [{ emit: { event: grow, data: { text: "\${{ event.data.text + event.data.text }}" } } }]`,
  }),
  'lists that double': file({
    start: `
on: [{ schedule: { every: 1s } }]
then: [{ emit: { event: grow, data: { list: [1, 2, 3] } } }]`,
    grow: `
on: [{ custom: { event: grow } }]
mode: parallel
max: 1000
then: [{ emit: { event: grow, data: { list: ["\${{ event.data.list }}", "\${{ event.data.list }}"] } } }]`,
  }),
  'events that answer each other in floods': file({
    start: `
on: [{ schedule: { every: 1s } }]
then: [{ emit: { event: again, data: "x" } }]`,
    again: `
on: [{ custom: { event: again } }]
mode: parallel
max: 1000
then:
  - repeat: { times: 1000, max: 1000, then: [{ emit: { event: again, data: "\${{ event.data }}" } }] }`,
  }),
  'rounds without end': file({
    rounds: `
on: [{ schedule: { every: 1s } }]
mode: parallel
max: 1000
then:
  - repeat: { times: 1000000, max: 1000000, then: [{ do: log, with: { message: "\${{ string(repeat.index) }}", level: debug } }] }`,
  }),
  'large messages for a receiver that is not there': file(
    {
      messages: `
on: [{ flood: {} }]
key: event.id
mode: parallel
max: 1000
then:
  - do: notify.webhook
    with: { url: "http://127.0.0.1:9/", body: { text: "\${{ event.text }}" } }`,
    },
    streams(flood(60_000, 5, 1_000)),
  ),
};
