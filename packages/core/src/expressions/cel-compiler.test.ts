import { describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { CelCompiler } from './cel-compiler.js';
import { bindings, compiled, findings, variables } from './expression-cases.fixture.js';
import { plainSource } from './source-text.js';

const faultOf = (source: string, values = bindings): DeviceError => {
  try {
    compiled(source).evaluate(values);
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
  throw new Error(`"${source}" did not fail`);
};

describe('values of expressions', () => {
  test.each<[string, unknown]>([
    ['ntp.NTP && !ntp.NTPSynchronized', true],
    ['1 + 2 * 3', 7],
    ['7 / 2', 3.5],
    ['7 % 4', 3],
    ['-count', -3],
    ['0x10 + 1u', 17],
    ['device.load + 1', 2.5],
    ['2 * device.load > 2', true],
    ['count == 3', true],
    ['count in [1, 2, 3]', true],
    ['size(event.parts) == 2', true],
    ['event.parts.size() * 1.5', 3],
    ['event.parts[count - 2].name', 'sda2'],
    ['count > 2 ? 1 : 2.5', 1],
    ["'a' + 'b'", 'ab'],
    ['[1, 2] + [3]', [1, 2, 3]],
    ['[1, 2.0] == [1.0, 2]', true],
    ["{'a': 1} == {'a': 1.0}", true],
    ["{'a': [1]} != {'a': [2]}", true],
    ['1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2', true],
    ["'a' < 'b'", true],
    ['null == null', true],
    ['event.data.nothing == null', true],
    ["event.properties.ID_BUS == 'usb'", true],
    ["event.properties['ID_BUS']", 'usb'],
    ["'ID_BUS' in event.properties", true],
    ["'constructor' in event.properties", false],
    ['event.data.id == 7', true],
    ['event.data.list[0] + 1', 2],
  ])('%s is %j', (source, value) => {
    expect(compiled(source).evaluate(bindings)).toEqual(value);
  });
});

describe('durations and points in time', () => {
  test.each<[string, unknown]>([
    ["device.uptime > duration('30m')", true],
    ["device.uptime == duration('2700s')", true],
    ["device.uptime + duration('15m')", Duration.parse('1h')],
    ["device.uptime - duration('40m')", Duration.parse('5m')],
    ['device.uptime.getMinutes()', 45],
    ["duration('1d').getHours()", 24],
    ["device.bootedAt + duration('1h')", new Date('2026-03-01T11:20:30.400Z')],
    ["device.bootedAt - timestamp('2026-03-01T10:20:00Z')", Duration.parse('30s400ms')],
    ["device.bootedAt > timestamp('2026-01-01T00:00:00Z')", true],
    ['device.bootedAt.getFullYear()', 2026],
    ['device.bootedAt.getMonth()', 2],
    ['device.bootedAt.getDate()', 1],
    ['device.bootedAt.getDayOfWeek()', 0],
    ['device.bootedAt.getDayOfYear()', 59],
    ["device.bootedAt.getHours('America/New_York')", 5],
    ["device.bootedAt.getMinutes('Asia/Kolkata')", 50],
    ['device.bootedAt.getMilliseconds()', 400],
    ["timestamp('2026-03-01T12:20:30.400+02:00') == device.bootedAt", true],
  ])('%s is %s', (source, value) => {
    expect(compiled(source).evaluate(bindings)).toEqual(value);
  });
});

describe('functions and macros', () => {
  test.each<[string, unknown]>([
    ['size("häß🙂")', 4],
    ['"🙂ab".indexOf("b")', 2],
    ['"🙂ab".substring(1, 2)', 'a'],
    ['device.hostname.lowerAscii()', 'pump-7'],
    ['device.hostname.upperAscii()', 'PUMP-7'],
    ['" a ".trim()', 'a'],
    ['device.hostname.startsWith("Pump") && device.hostname.endsWith("7") && device.hostname.contains("-")', true],
    ['device.hostname.split("-")', ['Pump', '7']],
    ['["a", "b"].join("+")', 'a+b'],
    ['"a$b".replace("$", "$&")', 'a$&b'],
    ['string(600)', '600'],
    ['string(device.uptime)', '45m'],
    ['double("1.5") + int(2.9)', 3.5],
    ['bool("true")', true],
    ['min(count, 2) + max(count, 5)', 7],
    ['device.hostname.matches("^[A-Z][a-z]+-[0-9]$")', true],
    ['matches(device.hostname, "x")', false],
    ['event.parts.exists(part, part.size > 15)', true],
    ['event.parts.all(part, part.size > 15)', false],
    ['event.parts.exists_one(part, part.size > 15)', true],
    ['event.parts.filter(part, part.size > 15).map(part, part.name)', ['sda2']],
    ['event.parts.map(part, part.size > 15, part.name)', ['sda2']],
    ['event.properties.exists(key, key == "ID_BUS")', true],
    ['[1, 2].exists(a, [2, 3].exists(b, a == b))', true],
    ['[].all(a, a > 1)', true],
    ['has(event.label)', false],
    ['has(event.label) && event.label == "x"', false],
    ['!has(event.label) || event.label == "x"', true],
    ['has(event.label) ? event.label : "none"', 'none'],
    ['event.?label.orValue("none")', 'none'],
    ['event.?properties.?ID_BUS.orValue("none")', 'usb'],
    ['event.?label.or(event.properties.?ID_BUS).orValue("none")', 'usb'],
    ['event.?label.hasValue()', false],
    ['event.properties[?"NONE"].orValue("none")', 'none'],
  ])('%s is %j', (source, value) => {
    expect(compiled(source).evaluate(bindings)).toEqual(value);
  });
});

describe('what the check refuses, and where', () => {
  test.each<[string, ...string[]]>([
    ['ntpp.NTP', 'EXPRESSION_NAME_UNKNOWN @ ntpp'],
    ['ntp.NTPSyncronized', 'EXPRESSION_FIELD_UNKNOWN @ NTPSyncronized'],
    ['ntp["NPT"]', 'EXPRESSION_FIELD_UNKNOWN @ ntp["NPT"]'],
    ['event.parts.exists(part, part.sise > 1)', 'EXPRESSION_FIELD_UNKNOWN @ sise'],
    ['ntp.NPT && devise.load > 1', 'EXPRESSION_FIELD_UNKNOWN @ NPT', 'EXPRESSION_NAME_UNKNOWN @ devise'],
    ['constructor == 1', 'EXPRESSION_NAME_UNKNOWN @ constructor'],
    ['ntp.constructor == 1', 'EXPRESSION_FIELD_UNKNOWN @ constructor'],
    ['device.uptime > 600', 'EXPRESSION_TYPE @ device.uptime > 600'],
    ["device.uptime == '10m'", "EXPRESSION_TYPE @ device.uptime == '10m'"],
    ["device.bootedAt < '2026-01-01'", "EXPRESSION_TYPE @ device.bootedAt < '2026-01-01'"],
    ["ntp.NTP == 'true'", "EXPRESSION_TYPE @ ntp.NTP == 'true'"],
    ['count && true', 'EXPRESSION_TYPE @ count'],
    ['!count', 'EXPRESSION_TYPE @ count'],
    ['-ntp.NTP', 'EXPRESSION_TYPE @ ntp.NTP'],
    ['count.x', 'EXPRESSION_TYPE @ x'],
    ['count in count', 'EXPRESSION_TYPE @ count in count'],
    ["'a' in [1, 2]", "EXPRESSION_TYPE @ 'a' in [1, 2]"],
    ["event.parts['a']", "EXPRESSION_TYPE @ event.parts['a']"],
    ["ntp.NTP ? 1 : 'a'", "EXPRESSION_TYPE @ ntp.NTP ? 1 : 'a'"],
    ['count.exists(a, true)', 'EXPRESSION_TYPE @ count'],
    ['event.parts.filter(a, a.size)', 'EXPRESSION_TYPE @ a.size'],
    ['event.label == "x"', 'EXPRESSION_OPTIONAL_FIELD @ label'],
    ['has(event.label) || event.label == "x"', 'EXPRESSION_OPTIONAL_FIELD @ label'],
    ['has(event.size) && event.label == "x"', 'EXPRESSION_OPTIONAL_FIELD @ label'],
    ['event.?label == "x"', 'EXPRESSION_TYPE @ event.?label'],
    ['event.?label.orValue(1)', 'EXPRESSION_TYPE @ event.?label.orValue(1)'],
    ['has(count)', 'EXPRESSION_TYPE @ count'],
    ["event.connectivity == 'ful'", "EXPRESSION_NEVER_EQUAL @ event.connectivity == 'ful'"],
    ['sise(event.parts)', 'EXPRESSION_FUNCTION_UNKNOWN @ sise(event.parts)'],
    ['device.hostname.startWith("a")', 'EXPRESSION_FUNCTION_UNKNOWN @ device.hostname.startWith("a")'],
    ['size(1)', 'EXPRESSION_TYPE @ size(1)'],
    ["duration('10 minutes')", "DURATION_MALFORMED @ '10 minutes'"],
    ["timestamp('yesterday')", "EXPRESSION_TYPE @ 'yesterday'"],
    ["device.hostname.matches('(a')", "EXPRESSION_PATTERN @ '(a'"],
    ["device.hostname.matches('(?=a)')", "EXPRESSION_PATTERN @ '(?=a)'"],
    ['9007199254740993 > 1', 'EXPRESSION_TYPE @ 9007199254740993'],
    ['{count: 1}', 'EXPRESSION_TYPE @ count'],
    ['count +', 'EXPRESSION_SYNTAX @ '],
    ['count = 1', 'EXPRESSION_SYNTAX @ ='],
    ["'abc", "EXPRESSION_SYNTAX @ 'abc"],
    ['', 'EXPRESSION_SYNTAX @ '],
    ['[1].all(a, [1].all(b, [1].all(c, true)))', 'EXPRESSION_TOO_COMPLEX @ [1].all(c, true)'],
  ])('%s', (source, ...expected) => {
    expect(findings(source)).toEqual(expected);
  });

  test.each([
    ['${{ device.load > 1 }}', 'Write the expression without `${{` and `}}` here.'],
    ['count = 1', 'Write `==` to compare.'],
    ['count == 1 and device.load > 1', 'Write `&&` for "and".'],
    ['count == 1 or device.load > 1', 'Write `||` for "or".'],
    ['not ntp.NTP', 'Write `!` for "not", and the whole in quotes.'],
    ['device.uptime > 30m', "Write a duration as duration('10m')."],
  ])('and tells what to write for what other languages write: %s', (source, remedy) => {
    const compiler = new CelCompiler();
    const compilation = compiler.compile(plainSource(source), variables);
    expect(compilation).toMatchObject({ ok: false, diagnostics: [{ code: 'EXPRESSION_SYNTAX', remedy }] });
  });

  test('trees that are too deep or too large', () => {
    expect(findings(`${'('.repeat(60)}1${')'.repeat(60)}`)[0]).toMatch(/^EXPRESSION_TOO_COMPLEX/);
    expect(findings(Array(1001).fill('1').join('+'))[0]).toMatch(/^EXPRESSION_TOO_COMPLEX/);
  });

  test('a value of another type than the place needs', () => {
    expect(findings('count', { kind: 'boolean' })).toEqual(['EXPRESSION_TYPE @ count']);
    expect(findings('event.data.id', { kind: 'boolean' })).toEqual([]);
  });

  test.each<[string, string]>([
    ['ntpp.NTP', 'Did you mean "ntp"? It can read ntp, device, event, count.'],
    ['ntp.NTPSyncronized', 'Did you mean "NTPSynchronized"? The fields are NTP, NTPSynchronized.'],
    ['device.uptime > 600', "Write the other side as a duration too: write duration('10m')."],
    ['event.label == "x"', 'Ask first, as in "has(event.label) && …", or read it with .? and orValue().'],
    ["event.connectivity == 'ful'", 'Did you mean "full"? It can be full, limited, none.'],
    ['sise(event.parts)', 'Did you mean size()?'],
  ])('%s comes with the remedy: %s', (source, remedy) => {
    const result = new CelCompiler().compile(plainSource(source), variables);
    expect(result.ok ? [] : result.diagnostics.map((finding) => finding.remedy)).toEqual([remedy]);
  });
});

describe('what fails while it runs', () => {
  test.each<[string, string]>([
    ['event.properties.NONE == "usb"', 'NONE'],
    ['event.properties["NONE"] == "usb"', 'event.properties["NONE"]'],
    ['event.data.none', 'none'],
    ['event.data.constructor', 'constructor'],
    ['event.data.list.length', 'length'],
    ['event.parts[2].name', 'event.parts[2]'],
    ['event.parts[0.5].name', 'event.parts[0.5]'],
    ['event.data.nothing < 5', 'event.data.nothing < 5'],
    ['event.data && true', 'event.data'],
    ['1 / (count - 3)', '1 / (count - 3)'],
    ['event.data.id.startsWith("x")', 'event.data.id.startsWith("x")'],
    ['double(device.hostname)', 'double(device.hostname)'],
    ['event.parts.map(part, event.data.list[part.size])', 'event.data.list[part.size]'],
    [
      'device.hostname.matches(event.properties.ID_BUS + "(")',
      'device.hostname.matches(event.properties.ID_BUS + "(")',
    ],
  ])('%s is a fault at %s, never false', (source, place) => {
    const { code, range } = faultOf(source);
    expect([code, source.slice(range!.start.offset, range!.end.offset)]).toEqual(['EXPRESSION_FAILED', place]);
  });

  test('a name without a value is a fault', () => {
    expect(faultOf('ntp.NTP', {}).message).toBe('"ntp" has no value.');
  });

  test('a value of unknown type is held against the type that is needed', () => {
    expect(() => compiled('event.data.id', { kind: 'boolean' }).evaluate(bindings)).toThrow(
      'The value is a number, but a boolean is needed.',
    );
  });

  test.each<[string, boolean]>([
    ['event.data.none == 1 || true', true],
    ['event.data.none == 1 && false', false],
    ['[1, 2].exists(a, a == 2 || event.data.none == a)', true],
    ['[1, 2].all(a, a == 2 && event.data.none == a)', false],
  ])('a side that decides outweighs one that fails: %s', (source, value) => {
    expect(compiled(source).evaluate(bindings)).toBe(value);
  });
});

describe('an expression', () => {
  test.each<[string, readonly string[]]>([
    ['ntp.NTP && device.load > 1', ['ntp', 'device']],
    ['event.parts.exists(ntp, ntp.size > count)', ['event', 'count']],
    ['1 < 2', []],
  ])('%s depends on %j', (source, names) => {
    expect([...compiled(source).dependencies]).toEqual(names);
  });

  test.each<[string, readonly string[]]>([
    ['ntp.NTP && !ntp.NTPSynchronized', ['ntp.NTP', 'ntp.NTPSynchronized']],
    ['event.data.a.b == 1', ['event.data.a.b']],
    ["event.data['a.b'].c == 1", ['event.data.a|b.c']],
    ["event.data.?a[?'b'].c.orValue(1) == 1", ['event.data.a.b.c']],
    ['event.data[device.hostname].c == 1', ['event.data', 'device.hostname']],
    ['event.data.list[0].size == 1', ['event.data.list']],
    ['event.data[event.data.a].b == event.data.a', ['event.data', 'event.data.a', 'event.data.a']],
    ["has(event.label) && event.label == 'a'", ['event.label', 'event.label']],
    ['event.parts.exists(part, part.size > count)', ['event.parts', 'count']],
    ['event.parts.map(event, event.size).size() > count', ['event.parts', 'count']],
    ['event.data == event.properties || {"a": ntp.NTP}.a', ['event.data', 'event.properties', 'ntp.NTP']],
    ['(ntp.NTP ? device : device).load > 1', ['ntp.NTP', 'device', 'device']],
  ])('%s reads %j', (source, paths) => {
    const reads = compiled(source).reads.map((path) => path.map((name) => name.replace('.', '|')).join('.'));
    expect(reads).toEqual(paths);
  });

  test('is explained by the values of its parts, outermost first, faults included', () => {
    const source = "ntp.NTP && (device.uptime > duration('1h') || event.data.none == 1)";
    const missing = 'There is no "none" in this map.';
    const parts = new CelCompiler().explain(compiled(source), bindings);
    expect(parts.map(({ text, value, error }) => [text, error ?? value])).toEqual([
      [source, missing],
      ['ntp.NTP', true],
      ["device.uptime > duration('1h') || event.data.none == 1", missing],
      ["device.uptime > duration('1h')", false],
      ['device.uptime', Duration.parse('45m')],
      ['event.data.none == 1', missing],
      ['event.data.none', missing],
    ]);
  });

  test('is explained by the fields that it reads, not by what they lie in', () => {
    const source = "event.data['a.b'].c == 1 || has(event.label)";
    const parts = new CelCompiler().explain(compiled(source), bindings);
    expect(parts.map(({ text }) => text)).toEqual([
      source,
      "event.data['a.b'].c == 1",
      "event.data['a.b'].c",
      'has(event.label)',
    ]);
  });

  test('shows whole parentheses where one side of a finding has them', () => {
    expect(findings("(count + 1) * ('(' + 'a')")).toEqual(["EXPRESSION_TYPE @ (count + 1) * ('(' + 'a')"]);
  });

  test('a hidden name is not proven to have the field of the outer one', () => {
    expect(findings('has(event.label) && [event.data].exists(event, event.label == "x")')).toEqual([]);
    expect(findings('has(event.label) && [event].exists(event, event.label == "x")')).toEqual([
      'EXPRESSION_OPTIONAL_FIELD @ label',
    ]);
  });

  test('a pattern that would make a backtracking engine explode costs work in proportion to the text', () => {
    const expression = compiled('device.hostname.matches("^(a+)+$")');
    const text = `${'a'.repeat(20_000)}!`;
    expect(expression.evaluate({ device: { hostname: text } })).toBe(false);
  });
});
