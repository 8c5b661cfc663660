import { expect, test } from '@jest/globals';
import { NEVER, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import type { Requirement } from '../host/requirement.js';
import { duration, dynamic, z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { pluginOf } from './plugin.fixture.js';
import { pluginReference } from './plugin-reference.js';

const page = `# Streams and actions

Generated from the schemas by \`npm run docs\`. A field marked \`?\` may be left out, or may be missing.

## weather

Options of the plugin (\`with:\` beside \`use:\`):

| field | type | meaning |
| --- | --- | --- |
| \`port\`? | number | Of the station. Default \`80\`. |

### \`wind\` (state)

The wind at a place.

Parameters:

| field | type | meaning |
| --- | --- | --- |
| \`at\` | string | Where |
| \`every\`? | string, such as \`10m\` | How often. |
| \`unit\`? | \`"m/s"\`, \`"kn"\` |  |

State:

| field | type | meaning |
| --- | --- | --- |
| \`speed\` | number | In the unit |
| \`from\`? | string |  |
| \`gust\` | object |  |
| \`gust.speed\` | number |  |
| \`gust.since\`? | duration | A\\|B |
| \`last\` | list of number |  |
| \`places\` | map of boolean |  |
| \`raw\` | any |  |

Needs: the socket of the wind.

\`\`\`yaml
volumes:
  - /run/wind:/run/wind
\`\`\`

### \`chosen\` (state)

What was asked for.

State:

The fields are those that the parameters name.

### \`gust\` (event)

A gust.

Match fields, compared by equality:

| field | type | meaning |
| --- | --- | --- |
| \`kind\`? | \`"strong"\` |  |
| \`level\`? | string or number |  |

Event:

A number.

### \`turn\`

Turns.

Effects: \`network\`, \`reboot\`.

Input:

| field | type | meaning |
| --- | --- | --- |
| \`to\` | any |  |

Output:

| field | type | meaning |
| --- | --- | --- |
| \`from\` | string |  |

Needs: the socket of the wind.

\`\`\`yaml
volumes:
  - /run/wind:/run/wind
\`\`\`

### \`rest\`

A rule may hold it: \`hold\` beside \`while\`.

Input:

Nothing.

## empty`;

const socket: Requirement = {
  name: 'wind-socket',
  summary: 'the socket of the wind.',
  compose: 'volumes:\n  - /run/wind:/run/wind\n',
  probe: () => Promise.resolve({ met: true, detail: 'it is there' }),
};

@stateStream({
  name: 'wind',
  summary: 'The wind at a place.',
  parameters: z.object({
    at: z.string().describe('Where'),
    every: duration().default(Duration.parse('10s')).describe('How often.'),
    unit: z.enum(['m/s', 'kn']).optional(),
  }),
  value: z.object({
    speed: z.number().describe('In the unit'),
    from: z.string().optional(),
    gust: z.object({ speed: z.number(), since: duration().optional().describe('A|B') }),
    last: z.array(z.number()),
    places: z.record(z.string(), z.boolean()),
    raw: dynamic(),
  }),
  requires: [socket],
})
class Wind implements StateStream<unknown, never> {
  open(): Observable<never> {
    return NEVER;
  }
}

@stateStream({
  name: 'chosen',
  summary: 'What was asked for.',
  value: (() => z.object({})) as never,
})
class Chosen implements StateStream<unknown, never> {
  open(): Observable<never> {
    return NEVER;
  }
}

@eventStream({
  name: 'gust',
  summary: 'A gust.',
  match: z.object({ kind: z.literal('strong').optional(), level: z.union([z.string(), z.number()]).optional() }),
  value: z.number(),
})
class Gusts implements EventStream<unknown, never> {
  open(): Observable<never> {
    return NEVER;
  }
}

@action({
  name: 'turn',
  summary: 'Turns.',
  effects: ['network', 'reboot'],
  input: z.object({ to: z.unknown() }),
  output: z.object({ from: z.string() }),
  requires: [socket],
})
class Turn implements Action<unknown, { from: string }> {
  run(): Promise<{ from: string }> {
    return Promise.resolve({ from: 'west' });
  }
}

@action({ name: 'rest', summary: '', effects: [], holds: true, input: z.object({}) })
class Rest implements Action<unknown, void> {
  async run(): Promise<void> {}
}

test('the reference names all that plugins bring, with its fields, as the schemas say', () => {
  const weather = pluginOf('weather', {
    options: z.object({ port: z.number().default(80).describe('Of the station.') }),
    streams: [Wind, Chosen, Gusts],
    actions: [Turn, Rest],
  });
  expect(pluginReference([weather, pluginOf('empty')])).toBe(page);
});
