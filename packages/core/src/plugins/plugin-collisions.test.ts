import { describe, expect, test } from '@jest/globals';
import { NEVER, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { findingsOf, load, nothing, pluginOf } from './plugin.fixture.js';
import type { InjectableClass } from './plugin.js';

function stateNamed(name: string): InjectableClass {
  @stateStream({ name, summary: 'Says nothing.', value: nothing })
  class State implements StateStream {
    open(): Observable<never> {
      return NEVER;
    }
  }
  return State;
}

function eventNamed(name: string): InjectableClass {
  @eventStream({ name, summary: 'Never happens.', value: nothing })
  class Events implements EventStream {
    open(): Observable<never> {
      return NEVER;
    }
  }
  return Events;
}

function actionNamed(name: string): InjectableClass {
  @action({ name, summary: 'Does nothing.', effects: [], input: nothing })
  class Does implements Action<unknown, void> {
    async run(): Promise<void> {}
  }
  return Does;
}

class Unmarked {}

describe('a name that two plugins bring is reported at the later one:', () => {
  test('of a stream, of whichever kind', async () => {
    const fan = pluginOf('fan', { streams: [stateNamed('wind'), stateNamed('heat')] });
    const door = pluginOf('door', { streams: [eventNamed('open'), eventNamed('wind')] });
    expect(findingsOf(await load({ fan, door }))).toEqual([
      'PLUGIN_NAME_TAKEN door: Both fan and door bring the stream "wind".',
    ]);
  });

  test('of an action', async () => {
    const fan = pluginOf('fan', { actions: [actionNamed('turn')] });
    const door = pluginOf('door', { actions: [actionNamed('turn')] });
    expect(findingsOf(await load({ fan, door }))).toEqual([
      'PLUGIN_NAME_TAKEN door: Both fan and door bring the action "turn".',
    ]);
  });

  test('later is what starts later', async () => {
    const fan = pluginOf('fan', { dependsOn: ['door'], actions: [actionNamed('turn')] });
    const door = pluginOf('door', { actions: [actionNamed('turn')] });
    expect(findingsOf(await load({ fan, door }))).toEqual([
      'PLUGIN_NAME_TAKEN fan: Both door and fan bring the action "turn".',
    ]);
  });

  test('of the core', async () => {
    const core = pluginOf('core', { streams: [stateNamed('clock')] });
    expect(findingsOf(await load({ fan: pluginOf('fan', { streams: [stateNamed('clock')] }) }, {}, core))).toEqual([
      'PLUGIN_NAME_TAKEN fan: Both core and fan bring the stream "clock".',
    ]);
  });

  test('all of them in one go', async () => {
    const fan = pluginOf('fan', { streams: [stateNamed('wind')], actions: [actionNamed('turn')] });
    const door = pluginOf('door', { streams: [stateNamed('wind')], actions: [actionNamed('turn')] });
    expect(findingsOf(await load({ fan, door }))).toHaveLength(2);
  });
});

test('a plugin that is used twice is one finding, not one more for all that it brings', async () => {
  const fan = pluginOf('fan', { streams: [stateNamed('wind')], actions: [actionNamed('turn')] });
  expect(findingsOf(await load({ fan, './fan.js': fan }))).toEqual([
    'PLUGIN_NAME_TAKEN ./fan.js: The plugin fan is used twice.',
  ]);
});

test('a stream and an action may have the same name', async () => {
  const fan = pluginOf('fan', { streams: [stateNamed('fan')], actions: [actionNamed('fan')] });
  const loading = await load({ fan });
  expect(loading.ok && [...loading.value.registry.streams.keys()]).toEqual(['fan']);
  expect(loading.ok && [...loading.value.registry.actions.keys()]).toEqual(['fan']);
});

test('what is brought is known by its name, with its description and the plugin that brings it', async () => {
  const core = pluginOf('core', { streams: [stateNamed('clock')] });
  const fan = pluginOf('fan', { streams: [eventNamed('wind')], actions: [actionNamed('turn')] });
  const loading = await load({ './fan.js': fan }, {}, core);
  if (!loading.ok) throw new Error('It was not loaded.');
  const { streams, actions } = loading.value.registry;
  expect(streams.get('clock')).toMatchObject({ plugin: 'core', description: { kind: 'state' } });
  expect(streams.get('wind')).toMatchObject({
    plugin: 'fan',
    description: { kind: 'event', summary: 'Never happens.' },
  });
  expect(actions.get('turn')).toMatchObject({ plugin: 'fan', description: { name: 'turn', summary: 'Does nothing.' } });
});

test.each([
  ['streams', 'a class without a mark', Unmarked, '@stateStream or @eventStream'],
  ['streams', 'an action', actionNamed('turn'), '@stateStream or @eventStream'],
  ['actions', 'a class without a mark', Unmarked, '@action'],
  ['actions', 'a stream', stateNamed('wind'), '@action'],
])('under %s, %s is rejected', async (place, _what, target, decorator) => {
  expect(findingsOf(await load({ fan: pluginOf('fan', { [place]: [target] }) }))).toEqual([
    `PLUGIN_INVALID fan: ${target.name} of fan stands under ${place}, but is not marked with ${decorator}.`,
  ]);
});
