/** A file with a fault, and where the check has to see it. */
export interface MalformedFile {
  readonly name: string;
  readonly text: string;
  /** Files that stand beside it. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The code that has to be among the errors; missing where the fault may be seen in several ways. */
  readonly code?: string;
  /** At least one error has to start on one of these lines, counted from 1. */
  readonly lines: readonly number[];
}

type Case = readonly [code: string, text: string, beside?: Readonly<Record<string, string>>];

const ok = '{ when: clock.synchronized, then: [{ do: network.reconnect }] }';
const head = 'version: 1\nrules:\n';
const rule = (body: string): string => `${head}  a:\n${body.replace(/^/gm, '    ')}\n`;
const level = (body: string): string => rule(`when: clock.synchronized\n${body}`);
const step = (body: string): string => level(`then:\n${body.replace(/^/gm, '  ')}`);
const event = (pattern: string): string =>
  rule(`on:\n${pattern.replace(/^/gm, '  ')}\nthen: [{ do: network.reconnect }]`);
const act = 'then: [{ do: network.reconnect }]';
const deep = `${'['.repeat(90)}${']'.repeat(90)}`;
const laughs = [
  '- &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...[1, 2, 3, 4, 5, 6].map(
    (n) => `- &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]${n === 4 ? ' # here' : ''}`,
  ),
];
const test = (body: string): string => `${head}  a: ${ok}\ntests:\n  - name: t\n${body.replace(/^/gm, '    ')}\n`;

/** Files written by hand. The line that the error has to name bears the comment `# here`; without one it is line 1. */
const cases: readonly Case[] = [
  ['CONFIG_EMPTY', ''],
  ['CONFIG_EMPTY', '# only a comment\n'],
  ['CONFIG_EMPTY', '\ufeff'],
  ['VALUE_TYPE', 'just a text'],
  ['VALUE_TYPE', '- version: 1'],
  ['YAML_MULTIPLE_DOCUMENTS', `version: 1\nrules: {}\n--- # here\nversion: 1\n`],
  ['YAML_TAG', `version: !int 1 # here\n`],
  ['YAML_KEY', `version: 1\n? [a, b] # here\n: 1\n`],
  ['YAML_KEY', step('- do: log\n  with: { message: {{ rule.name }} } # here')],
  ['YAML_ALIAS', `version: 1\nrules: &r\n  a: *r # here\n`],
  ['YAML_ALIAS', `version: 1\nrules:\n  <<: 3 # here\n`],
  ['YAML_ALIAS', `version: 1\nrules:\n  a: *missing # here\n`],
  ['YAML_SYNTAX', `version: 1\nrules:\n\ta: 1 # here\n`],
  ['YAML_SYNTAX', `version: 1\nrules: "open # here`],
  ['YAML_SYNTAX', `version: 1\nrules: { a: 1 # here`],
  ['YAML_SYNTAX', `version: 1\nrules: a: b # here\n`],
  ['YAML_SYNTAX', `version: 1\nrules: "\\q" # here\n`],
  ['YAML_SYNTAX', `version: 1\nrules: @x # here\n`],
  ['YAML_DUPLICATE_KEY', `version: 1\nrules: {} # here\nrules: {}\n`],
  ['YAML_DUPLICATE_KEY', `version: 1\nrules:\n  a: ${ok}\n  a: ${ok} # here\n`],
  ['CONFIG_TOO_DEEP', `version: 1\nrules: ${deep} # here\n`],
  ['CONFIG_TOO_LARGE', `version: 1\ntests:\n${laughs.join('\n')}\n`],
  ['KEY_MISSING', `rules: # here\n  a: ${ok}\n`],
  ['VERSION_UNSUPPORTED', 'version: 2 # here\n'],
  ['VERSION_UNSUPPORTED', 'version: "1" # here\n'],
  ['KEY_UNKNOWN', 'version: 1\nrulez: {} # here\n'],
  ['KEY_UNKNOWN', level(`${act}\nfro: 10m # here`)],
  ['KEY_UNKNOWN', step('- do: network.reconnect\n  retries: 3 # here')],
  ['VALUE_TYPE', 'version: 1\nrules: [] # here\n'],
  ['VALUE_TYPE', 'version: 1\nplugins: x # here\n'],
  ['VALUE_TYPE', 'version: 1\nrules:\n'.replace('rules:', 'rules: # here')],
  ['KEY_MISSING', 'version: 1\nplugins:\n  - with: {} # here\n'],
  ['VALUE_TYPE', 'version: 1\nboot-safety: allow # here\n'],
  ['KEY_UNKNOWN', 'version: 1\nboot-safety: { without-recod: allow } # here\n'],
  ['VALUE_INVALID', 'version: 1\nboot-safety: { without-record: yes } # here\n'],
  ['NAME_TAKEN', 'version: 1\ninclude: [b.yml]\nboot-safety: {}\n', { 'b.yml': 'boot-safety: {} # here' }],
  ['NAME_TAKEN', 'version: 1\nplugins:\n  - use: a\n  - use: a # here\n'],
  ['PLUGIN_OPTION_TEMPLATE', 'version: 1\nplugins:\n  - use: a\n    with: { key: "${{ secrets.x }}" } # here\n'],
  ['INCLUDE_NOT_FOUND', 'version: 1\ninclude: [none.yml] # here\n'],
  ['INCLUDE_CYCLE', 'version: 1\ninclude: [.devicerc.yml] # here\n'],
  ['INCLUDE_CYCLE', 'version: 1\ninclude: [b.yml]\n', { 'b.yml': 'include: [.devicerc.yml]' }],
  ['VALUE_TYPE', 'version: 1\ninclude: b.yml # here\n'],
  ['NAME_TAKEN', `version: 1\ninclude: [b.yml]\nrules:\n  a: ${ok} # here\n`, { 'b.yml': `rules:\n  a: ${ok}\n` }],
  ['NAME_INVALID', 'version: 1\nstreams:\n  a-b: { from: clock } # here\n'],
  ['NAME_TAKEN', 'version: 1\nstreams:\n  event: { from: clock } # here\n'],
  ['NAME_TAKEN', 'version: 1\nstreams:\n  clock: { from: device } # here\n'],
  ['STREAM_UNKNOWN', 'version: 1\nstreams:\n  a: { from: clok } # here\n'],
  ['KEY_MISSING', 'version: 1\nstreams:\n  a: {} # here\n'],
  ['FIELD_MISSING', 'version: 1\nstreams:\n  a: { from: dbus.properties } # here\n'],
  [
    'FIELD_INVALID',
    'version: 1\nstreams:\n  a:\n    from: dbus.properties\n    with:\n      destination: x\n      path: /\n      properties: { A: q } # here\n',
  ],
  [
    'FIELD_INVALID',
    'version: 1\nstreams:\n  a:\n    from: dbus.properties\n    with:\n      destination: x\n      path: /\n      properties: { A: b }\n      poll: 30 # here\n',
  ],
  ['FIELD_UNKNOWN', 'version: 1\nstreams:\n  a: { from: clock, with: { x: 1 } } # here\n'],
  ['KEY_MISSING', 'version: 1\nsecrets:\n  a: {} # here\n'],
  ['KEY_CONFLICT', 'version: 1\nsecrets:\n  a: { env: X, file: /x } # here\n'],
  ['VALUE_INVALID', 'version: 1\nsecrets:\n  a: { file: x } # here\n'],
  ['SECRET_MISSING', step('- do: log\n  with: { message: "${{ secrets.none }}" } # here')],
  ['NAME_INVALID', `${head}  "a b": ${ok} # here\n`],
  ['KEY_MISSING', rule(act).replace('a:', 'a: # here')],
  ['KEY_CONFLICT', level(`on: [{ start: }] # here\n${act}`)],
  ['KEY_MISSING', level('enabled: true').replace('a:', 'a: # here')],
  ['KEY_CONFLICT', level(`${act}\nescalate: [{ after: 1m, ${act} }] # here`)],
  ['KEY_CONFLICT', event('- start:').replace('    then', '    for: 10m # here\n    then')],
  ['KEY_CONFLICT', level(`${act}\nhold: { do: supervisor.update-lock } # here`)],
  ['KEY_CONFLICT', level(`${act}\nkey: "1" # here`)],
  ['KEY_CONFLICT', level(`${act}\nmax: 3 # here`)],
  ['KEY_CONFLICT', rule('while: clock.synchronized\nhold: { do: supervisor.update-lock }\nmode: queued # here')],
  ['KEY_MISSING', rule('while: clock.synchronized').replace('a:', 'a: # here')],
  ['HOLD_DISRUPTIVE', rule('while: clock.synchronized\nhold: { do: host.reboot } # here')],
  ['HOLD_UNSUPPORTED', rule('while: clock.synchronized\nhold: { do: network.reconnect } # here')],
  ['KEY_CONFLICT', level(`for: 1m # here\nescalate: [{ after: 1m, ${act} }]`)],
  ['KEY_MISSING', level(`escalate:\n  - { ${act} } # here`)],
  ['DURATION_MALFORMED', level(`for: 10 # here\n${act}`)],
  ['DURATION_MALFORMED', level(`timeout: 10 min # here\n${act}`)],
  ['VALUE_INVALID', level(`timeout: 0s # here\n${act}`)],
  ['VALUE_INVALID', level(`mode: quequed # here\n${act}`)],
  ['VALUE_INVALID', level(`mode: queued\nmax: 0 # here\n${act}`)],
  ['VALUE_TYPE', level(`mode: queued\nmax: many # here\n${act}`)],
  ['VALUE_TYPE', level(`enabled: "yes" # here\n${act}`)],
  ['VALUE_TYPE', level(`description: 3 # here\n${act}`)],
  ['KEY_CONFLICT', level(`limit: { runs: 3 } # here\n${act}`)],
  ['KEY_MISSING', level(`limit: { then: skip } # here\n${act}`)],
  ['VALUE_INVALID', level('then: [] # here')],
  ['VALUE_TYPE', level('then: { do: network.reconnect } # here')],
  ['KEY_MISSING', step('- if: clock.synchronized # here')],
  ['KEY_CONFLICT', step('- do: network.reconnect\n  wait: 10s # here')],
  ['KEY_CONFLICT', step('- wait: 10s\n  retry: { attempts: 3 } # here')],
  ['ACTION_UNKNOWN', step('- do: network.reconect # here')],
  ['FIELD_MISSING', step('- do: log # here')],
  ['FIELD_UNKNOWN', step('- do: log\n  with: { message: a, mesage: b } # here')],
  ['FIELD_INVALID', step('- do: log\n  with: { message: 3 } # here')],
  ['FIELD_INVALID', step('- do: log\n  with: { message: "${{ clock.synchronized }}" } # here')],
  ['FIELD_INVALID', step('- do: exec\n  with: { command: ls } # here')],
  ['KEY_CONFLICT', step('- do: network.reconnect\n  as: x # here')],
  [
    'NAME_TAKEN',
    step('- { do: exec, with: { command: [a] }, as: x }\n- { do: exec, with: { command: [a] }, as: x } # here'),
  ],
  ['NAME_TAKEN', step('- { do: exec, with: { command: [a] }, as: clock } # here')],
  ['NAME_INVALID', step('- { do: exec, with: { command: [a] }, as: 1x } # here')],
  [
    'NAME_UNAVAILABLE',
    step('- { do: log, with: { message: "${{ x.stdout }}" } } # here\n- { do: exec, with: { command: [a] }, as: x }'),
  ],
  ['NAME_UNAVAILABLE', step('- { do: log, with: { message: "${{ event.x }}" } } # here')],
  ['NAME_UNAVAILABLE', step('- { do: log, with: { message: "${{ error.code }}" } } # here')],
  ['NAME_UNAVAILABLE', rule(`when: udev.action == "add" # here\n${act}`)],
  ['KEY_MISSING', step('- do: network.reconnect\n  retry: { delay: 1s } # here')],
  ['VALUE_INVALID', step('- do: network.reconnect\n  retry: { attempts: 0 } # here')],
  ['KEY_MISSING', step('- repeat: { then: [{ wait: 1s }] } # here')],
  ['KEY_CONFLICT', step('- wait: { for: 1s, timeout: 2s } # here')],
  ['FIELD_INVALID', step('- wait: soon # here')],
  [
    'KEY_CONFLICT',
    step('- choose:\n    - else: [{ wait: 1s }] # here\n    - { if: clock.synchronized, then: [{ wait: 1s }] }'),
  ],
  ['PARALLEL_DISRUPTIONS', step('- parallel:\n    - [{ do: host.reboot }]\n    - [{ do: host.reboot }] # here')],
  [
    'PARALLEL_DISRUPTIONS',
    step(
      '- parallel:\n    - [{ do: host.reboot }]\n    - - wait: 1s\n      - repeat:\n          times: 2\n          then: [{ do: host.reboot }] # here',
    ),
  ],
  ['KEY_MISSING', step('- stop: { failed: true } # here')],
  ['KEY_MISSING', step('- emit: { data: 1 } # here')],
  ['STREAM_UNKNOWN', event('- udv: { subsystem: block } # here')],
  ['STREAM_KIND_WRONG', event('- clock: # here')],
  ['FIELD_UNKNOWN', event('- udev: { subsytem: block } # here')],
  ['FIELD_INVALID', event('- udev: { action: plugged } # here')],
  ['KEY_CONFLICT', event('- udev: { action: add }\n  start: # here')],
  ['KEY_MISSING', event('- where: "true" # here')],
  ['VALUE_TYPE', event('- start # here')],
  ['KEY_MISSING', event('- count: { of: { start: }, within: 1m } # here')],
  ['VALUE_INVALID', event('- count: { of: { start: }, n: 0, within: 1m } # here')],
  ['NAME_UNAVAILABLE', event('- start:\n  where: clock.synchronized # here')],
  ['KEY_MISSING', test('given: {}').replace('- name: t', '- name: t # here')],
  ['ACTION_UNKNOWN', test('expect: [{ action: nope }] # here')],
  ['RULE_UNKNOWN', test('expect: [{ rule: b, state: idle, at: 1m }] # here')],
  ['VALUE_INVALID', test('expect: [{ no: log, between: [2m, 1m] }] # here')],
  ['STREAM_UNKNOWN', test('given: { clok: {} } # here\nexpect: [{ no: log }]')],
  ['DURATION_MALFORMED', test('at: [{ t: 5 }] # here\nexpect: [{ no: log }]')],
  ['VALUE_INVALID', test('expect: [] # here')],
  ['VALUE_INVALID', test('at: [{ t: 1m, end: true }]\nexpect: [{ no: log, between: [2m, 3m] }] # here')],
];

export const handWritten: readonly MalformedFile[] = cases.map(([code, text, beside], index) => ({
  name: `hand-${String(index + 1).padStart(3, '0')}-${code.toLowerCase().replaceAll('_', '-')}`,
  text,
  code,
  lines: [Math.max(1, text.split('\n').findIndex((line) => line.includes('# here')) + 1)],
  ...(beside && { beside }),
}));
