import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { checkFile, checkText, errorsOf } from './check.fixture.js';

const wholeGrammar = fileURLToPath(new URL('./good/whole-grammar.yml', import.meta.url));

test('the whole example of the design checks clean and gives a model with every rule', async () => {
  const { model, diagnostics } = await checkFile(wholeGrammar);
  expect(diagnostics).toEqual([]);
  expect(model!.rules.map((rule) => rule.name)).toEqual([
    'reboot-when-ntp-stays-unsynced',
    'mount-and-notify',
    'hold-updates-while-recording',
    'connectivity',
  ]);
  expect(model!.secrets).toEqual({ hook: 'https://hooks.example/1' });
  expect(model!.states.get('ntp')).toMatchObject({ stream: 'dbus.properties' });
  expect(model!.rules[1]!.trigger).toMatchObject({
    kind: 'event',
    patterns: [
      { selector: { stream: 'udev', parameters: { coldplug: true }, match: { subsystem: 'block', action: 'add' } } },
    ],
  });
});

const rule = (body: string): string => `version: 1\nrules:\n  a:\n${body.replace(/^/gm, '    ')}\n`;

test('all faults of a file are reported at once, each at its place', async () => {
  const text = rule(
    'when: clock.synchronised\nfor: 10\nlimit: { runs: 3 }\nthen:\n  - do: lgo\n  - do: log\n    with: { mesage: hi }',
  );
  expect(errorsOf(await checkText(text))).toEqual([
    expect.stringMatching(/ @ 4$/),
    'DURATION_MALFORMED @ 5',
    'KEY_CONFLICT @ 6',
    'ACTION_UNKNOWN @ 8',
    'FIELD_MISSING @ 10',
    'FIELD_UNKNOWN @ 10',
  ]);
});

test.each([
  ['', 'CONFIG_EMPTY @ 1'],
  ['# nothing yet\n', 'CONFIG_EMPTY @ 1'],
  ['version: 2\nrules: {}\n', 'VERSION_UNSUPPORTED @ 1'],
])('a file that says nothing, or in another grammar, is refused for that alone: %j', async (text, error) => {
  expect(errorsOf(await checkText(text))).toEqual([error]);
});

test.each([
  ['on: door', 'Begin each pattern with "- ", on a line of its own.'],
  ['on: - door', 'Begin the list on the next line.'],
  ['on:\n  - custom', 'Write `- custom: { … }`, or `- custom:` for every event of the stream.'],
  ['on:\n  - "a door"', 'Write `- name: { … }`, or `- name:` for every event of the stream.'],
])('who follows the advice comes from a text to a pattern: %j', async (start, advice) => {
  const { diagnostics } = await checkText(rule(`${start}\nthen: [{ wait: 1s }]`));
  expect(diagnostics[0]!.remedy).toBe(advice);
});

test.each([
  ['wait: 10', '"wait" is the number 10: write an amount and a unit, such as 10s or 10m.'],
  ['stop:', '"stop" is nothing: it takes a text.'],
  ['do: exec, with: { command: ls }', '"command" of the action "exec" is the text "ls": it takes a list.'],
  ['do: log, with: hi', 'The action "log" is the text "hi": it takes a mapping.'],
])('a field of the wrong kind is told the right one, in words of YAML: %s', async (step, message) => {
  const { diagnostics } = await checkText(rule(`on: [{ start: }]\nthen: [{ ${step} }]`));
  expect(diagnostics.map((found) => found.message)).toEqual([message]);
});

test('a rule without steps is told the one key that it lacks', async () => {
  const { diagnostics } = await checkText(rule('on: [{ start: }]'));
  expect(diagnostics.map(({ message }) => message)).toEqual(['The rule "a" needs "then".']);
});

describe('a rule that can reboot', () => {
  const reboot = '[{ do: host.reboot }]';
  const door = 'on: [{ custom: { event: door } }]';

  test.each([
    ['then', `when: clock.synchronized\nthen: ${reboot}`],
    ['choose', `${door}\nthen: [{ choose: [{ if: clock.synchronized, then: ${reboot} }] }]`],
    [
      'the else of choose',
      `${door}\nthen: [{ choose: [{ if: clock.synchronized, then: [{ wait: 1s }] }, { else: ${reboot} }] }]`,
    ],
    ['parallel', `${door}\nthen: [{ parallel: [[{ wait: 1s }], ${reboot}] }]`],
    ['repeat', `${door}\nthen: [{ repeat: { times: 3, then: ${reboot} } }]`],
    ['catch', `${door}\nthen: [{ wait: 1s }]\ncatch: ${reboot}`],
    ['finally', `${door}\nthen: [{ wait: 1s }]\nfinally: ${reboot}`],
    ['the finally after an until', `${door}\nthen: [{ wait: 1s }]\nuntil: [{ start: }]\nfinally: ${reboot}`],
    ['the then of a hold', `while: clock.synchronized\nthen: ${reboot}`],
    ['a keyed rule', `${door}\nkey: event.event\nthen: ${reboot}`],
  ])('in %s without a limit gets the default one, and a hint', async (_where, body) => {
    const { model, diagnostics } = await checkText(rule(body));
    expect(diagnostics).toMatchObject([{ code: 'LIMIT_DEFAULTED', severity: 'hint' }]);
    expect(model!.rules[0]!.limit).toMatchObject({ runs: 3, isDefault: true });
  });

  test('in a rung without a limit gets the default one for that rung', async () => {
    const { model, diagnostics } = await checkText(
      rule(
        `when: clock.synchronized\nescalate:\n  - { after: 1m, then: [{ do: network.reconnect }] }\n  - { after: 2m, then: ${reboot} }`,
      ),
    );
    expect(diagnostics).toMatchObject([{ code: 'LIMIT_DEFAULTED' }]);
    expect(model!.rules[0]!.rungs.map(({ limit }) => limit?.isDefault)).toEqual([undefined, true]);
  });

  test('in two branches of one parallel are an error at the second one; one after the other they are not', async () => {
    const both = await checkText(rule(`${door}\nthen:\n  - parallel:\n      - ${reboot}\n      - ${reboot}`));
    expect(both.diagnostics).toContainEqual(
      expect.objectContaining({
        code: 'PARALLEL_DISRUPTIONS',
        severity: 'error',
        message: expect.stringMatching(/then\[0\]\.parallel\[1\]\[0\] .* then\[0\]\.parallel\[0\]\[0\]/),
        range: expect.objectContaining({ start: expect.objectContaining({ line: 8, column: 14 }) }),
      }),
    );
    const inOneBranch = `{ choose: [{ if: clock.synchronized, then: ${reboot} }, { else: ${reboot} }] }`;
    const one = await checkText(rule(`${door}\nthen: [{ parallel: [[{ wait: 1s }], [${inOneBranch}]] }]`));
    expect(one.diagnostics).toMatchObject([{ code: 'LIMIT_DEFAULTED' }]);
  });

  test('with a key is told that the default limit counts over all keys', async () => {
    const { diagnostics } = await checkText(rule(`${door}\nkey: event.event\nthen: ${reboot}`));
    expect(diagnostics[0]!.message).toContain('over all its keys');
  });

  test('with a key and a limit of its own is warned that many keys reboot many times', async () => {
    const limit = 'limit: { runs: 1, per: 24h }';
    const { diagnostics } = await checkText(rule(`${door}\nkey: event.event\n${limit}\nthen: ${reboot}`));
    expect(diagnostics).toMatchObject([{ code: 'LIMIT_PER_KEY', severity: 'warning' }]);
  });
});

test('a rule with a key and a limit hears that the limit is remembered for a bounded number of keys', async () => {
  const keyed = `on: [{ custom: { event: door } }]\nkey: event.event\nthen: [{ do: log, with: { message: hi } }]`;
  const { diagnostics } = await checkText(rule(`${keyed}\nlimit: { runs: 1, per: 24h }`));
  expect(diagnostics).toMatchObject([{ code: 'LIMIT_KEYS_BOUNDED', severity: 'hint' }]);
  expect((await checkText(rule(keyed))).diagnostics).toEqual([]);
});

test('reboots without a durable record are refused, unless one of the files allows them', async () => {
  const plain = await checkText(rule(`when: clock.synchronized\nthen: [{ do: network.reconnect }]`));
  expect(plain.model!.bootSafety).toEqual({ withoutRecord: 'refuse' });
  const included = await checkText('version: 1\ninclude: [b.yml]\n', {
    'b.yml': 'boot-safety: { without-record: allow }',
  });
  expect(included.model!.bootSafety).toEqual({ withoutRecord: 'allow' });
});

test.each([
  [
    'comments, quotes and the order of keys',
    'then: [{ do: network.reconnect }] # now\nwhen: "clock.synchronized"',
    true,
  ],
  ['the description', 'when: clock.synchronized\ndescription: other\nthen: [{ do: network.reconnect }]', true],
  ['the condition', 'when: "!clock.synchronized"\nthen: [{ do: network.reconnect }]', false],
  ['a key', 'when: clock.synchronized\nfor: 1m\nthen: [{ do: network.reconnect }]', false],
])('editing %s keeps the meaning of a rule: %#', async (_what, body, same) => {
  const first = await checkText(rule('when: clock.synchronized\nthen: [{ do: network.reconnect }]'));
  const second = await checkText(rule(body));
  expect(second.model!.rules[0]!.meaning === first.model!.rules[0]!.meaning).toBe(same);
});

test('a name defined in two files is an error at both places', async () => {
  const result = await checkText(
    'version: 1\ninclude: [b.yml]\nrules:\n  a: { when: clock.synchronized, then: [{ do: network.reconnect }] }\n',
    {
      'b.yml': 'rules:\n  a: { when: clock.synchronized, then: [{ do: network.reconnect }] }\n',
    },
  );
  expect(errorsOf(result)).toEqual(['NAME_TAKEN @ 4', 'NAME_TAKEN @ 2']);
});

describe('hold', () => {
  const held = (action: string): string => rule(`while: clock.synchronized\nhold: { do: ${action} }`);

  test('takes an action that declares it', async () => {
    expect((await checkText(held('supervisor.update-lock'))).diagnostics).toEqual([]);
  });

  test.each(['network.reconnect', 'notify.webhook, with: { url: x }'])(
    'refuses %s, at its place, and names those that can be held',
    async (action) => {
      const checked = await checkText(held(action));
      expect(errorsOf(checked)).toEqual(['HOLD_UNSUPPORTED @ 5']);
      expect(checked.diagnostics[0]).toMatchObject({
        message: expect.stringContaining(`"${action.split(',')[0]}" cannot be held`),
        remedy: 'Name one that can be held (exec, supervisor.update-lock), or do this one once, in `then:`.',
        range: { start: { line: 5, column: 17 } },
      });
    },
  );

  test.each([
    ['host.reboot', 'HOLD_DISRUPTIVE @ 5'],
    ['network.reconect', 'ACTION_UNKNOWN @ 5'],
  ])('has its own words for %s', async (action, error) => {
    expect(errorsOf(await checkText(held(action)))).toEqual([error]);
  });
});
