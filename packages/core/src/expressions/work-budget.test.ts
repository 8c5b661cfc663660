import { describe, expect, test } from '@jest/globals';
import { DeviceError } from '../diagnostics/device-error.js';
import type { ValueType } from '../schemas/value-type.js';
import { CelCompiler } from './cel-compiler.js';
import type { Bindings, Expression, Variables } from './expression.js';
import { plainSource } from './source-text.js';

const elements = 30_000;
const numbers = Array.from({ length: elements }, (_, index) => index);
const texts = numbers.map((number) => `text-${number}`);
const maps = numbers.map((number) => ({ id: number, part: { name: `part-${number}` } }));
const long = 'a'.repeat(1_000_000);

/** What a sender on a bus could bring in. */
const data = {
  numbers,
  texts,
  maps,
  sameMaps: maps.map((map) => ({ ...map })),
  properties: Object.fromEntries(texts.map((text) => [text, text])),
  long,
  nearlyLong: `${long.slice(1)}b`,
  longs: Array.from({ length: 1_000 }, (_, index) => `${long}${1_000 + index}`),
  mixedCase: 'Aé'.repeat(100_000),
  time: new Date('2026-03-01T10:20:30Z'),
};

const types: Readonly<Record<string, ValueType>> = {
  long: { kind: 'string' },
  texts: { kind: 'list', element: { kind: 'string' } },
  time: { kind: 'timestamp' },
};
const variables: Variables = Object.fromEntries(
  Object.keys(data).map((name) => [name, types[name] ?? { kind: 'dynamic' }]),
);

function compiled(source: string): Expression {
  const result = new CelCompiler().compile(plainSource(source), variables);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join(' '));
  return result.value;
}

/** The fault as `CODE @ its place`; undefined when there is a value. */
function faultOf(source: string, bindings: Bindings = data): string | undefined {
  try {
    compiled(source).evaluate(bindings);
    return undefined;
  } catch (error) {
    if (!(error instanceof DeviceError) || !error.range) throw error;
    const { start, end } = error.range;
    return `${error.code} @ ${source.slice(start.offset, end.offset)}`;
  }
}

/** Of the processor, so that a busy machine makes no difference. */
function milliseconds(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('work beyond the budget is a fault with its place, soon', () => {
  test.each<[string, string]>([
    ['numbers.all(x, numbers.filter(y, y == x).size() == 1)', 'numbers.filter(y, y == x)'],
    ['numbers.exists(x, numbers.exists(y, y == -1))', 'numbers.exists(y, y == -1)'],
    ['numbers.all(x, x in numbers)', 'x in numbers'],
    ['maps.all(x, x in maps)', 'x in maps'],
    ['texts.all(x, x in texts)', 'x in texts'],
    ['maps == sameMaps', 'maps == sameMaps'],
    ['longs.all(x, longs.filter(y, y == x).size() == 1)', 'y == x'],
    ['numbers.exists(x, numbers.exists(y, y.none || x.none))', 'y.none || x.none'],
    ['numbers.map(x, numbers + numbers)', 'numbers + numbers'],
    ['numbers.map(x, long + long)', 'long + long'],
    ['properties.exists(x, properties.exists(y, false))', 'properties'],
    ['numbers.map(x, properties.size())', 'properties.size()'],
    ['numbers.map(x, {"a": [x, x, x, x], "b": x})', 'numbers.map(x, {"a": [x, x, x, x], "b": x})'],
    ['numbers.map(x, long.size())', 'long.size()'],
    ['long.contains(nearlyLong)', 'long.contains(nearlyLong)'],
    ['long.indexOf("b")', 'long.indexOf("b")'],
    ['long.substring(1)', 'long.substring(1)'],
    ['long.replace("a", long)', 'long.replace("a", long)'],
    ['long.replace("", long)', 'long.replace("", long)'],
    ['long.split("")', 'long.split("")'],
    ['mixedCase.lowerAscii()', 'mixedCase.lowerAscii()'],
    ['longs.join(",")', 'longs.join(",")'],
    ['long.matches("(a|b)*a(a|b){12}c")', 'long.matches("(a|b)*a(a|b){12}c")'],
    ['texts.exists(x, long.matches(x))', 'long.matches(x)'],
    ['long.matches(long)', 'long.matches(long)'],
    ['numbers.map(x, time.getHours("Europe/Berlin"))', 'time.getHours("Europe/Berlin")'],
    ['numbers.map(x, string(time))', 'string(time)'],
    ['duration(long)', 'duration(long)'],
  ])('%s', (source, place) => {
    let fault: string | undefined;
    const taken = milliseconds(() => (fault = faultOf(source)));
    expect(fault).toBe(`EXPRESSION_TOO_MUCH_WORK @ ${place}`);
    // 10 ms, with much room for a cold compiler and a slow machine: some of these took minutes.
    expect(taken).toBeLessThan(400);
  });

  test.each([
    'numbers.all(x, x in numbers) || true',
    'true && numbers.all(x, x in numbers)',
    'false && true || (numbers.all(x, x in numbers) || true)',
    '[1, 2].exists(z, numbers.all(x, x in numbers) || true)',
  ])('nothing outweighs it: %s', (source) => {
    expect(faultOf(source)).toBe('EXPRESSION_TOO_MUCH_WORK @ x in numbers');
  });

  test('values that are written into a text count too', () => {
    const text = 'all of ${{ maps }}, and more';
    const template = new CelCompiler().compileTemplate(plainSource(text), variables);
    expect(template?.ok).toBe(true);
    expect(() => template?.ok && template.value.evaluate(data)).toThrow(
      expect.objectContaining({
        code: 'EXPRESSION_TOO_MUCH_WORK',
        range: expect.objectContaining({ start: { line: 1, column: text.indexOf(' maps') + 1, offset: 10 } }),
      }),
    );
  });

  test('and so do all parts of an explanation together', () => {
    const costly = 'numbers.filter(y, y > 1).size() > 1';
    const expression = compiled(Array(10).fill(costly).join(' && '));
    let parts: readonly unknown[] = [];
    const taken = milliseconds(() => (parts = new CelCompiler().explain(expression, data)));
    expect(parts.length).toBeGreaterThan(20);
    expect(taken).toBeLessThan(1_000);
    expect(JSON.stringify(parts)).toContain('more than 1000000 steps');
  });
});

describe('the budget', () => {
  test('leaves room for what a rule may want', () => {
    const few = { numbers: numbers.slice(0, 150), texts: texts.slice(0, 1_000), maps: maps.slice(0, 1_000) };
    const kilobytes = 'Nov 28 03:45:47 host kernel: usb 1-1: new high-speed USB device\n'.repeat(1_000);
    const bindings = { ...data, ...few, sameMaps: [...few.maps], long: kilobytes };
    const sources = [
      'numbers.all(x, numbers.filter(y, y == x).size() == 1)',
      'maps == sameMaps',
      'numbers.all(x, x in numbers)',
      'texts.map(x, x.upperAscii()).join(", ").size() > 5',
      'maps.exists(x, x.part.name == "part-999")',
      'long.matches("error: .*")',
      'long.split("\\n").filter(line, line.contains("usb")).size() > 10',
      'long.contains("new high-speed USB drive") || long.size() > 5',
      'long.replace("usb", "USB").indexOf("USB") > 5',
    ];
    expect(sources.map((source) => faultOf(source, bindings))).toEqual(sources.map(() => undefined));
  });

  test('is whole again for each evaluation', () => {
    const expression = compiled('numbers.all(x, x >= 0)');
    for (let round = 0; round < 50; round += 1) expect(expression.evaluate(data)).toBe(true);
    const costly = compiled('numbers.all(x, x in numbers)');
    expect(() => costly.evaluate(data)).toThrow('more than 1000000 steps');
    expect(costly.evaluate({ numbers: [1, 2] })).toBe(true);
  });

  test('ends at the same element each time, whatever ran before', () => {
    const largest = (): number => {
      let [good, bad] = [0, elements];
      while (bad - good > 1) {
        const middle = (good + bad) >> 1;
        const source = 'texts.exists(x, x.matches(x + "-") || numbers.exists(y, y < 0))';
        const isGood = faultOf(source, { texts: texts.slice(0, middle), numbers: [1, 2, 3] }) === undefined;
        [good, bad] = isGood ? [middle, bad] : [good, middle];
      }
      return good;
    };
    const first = largest();
    expect(first).toBeGreaterThan(5);
    expect([largest(), largest()]).toEqual([first, first]);
  });
});

describe('an expression that is nested without end is refused', () => {
  const nested: readonly [string, (depth: number) => string][] = [
    ['!', (depth) => `${'!'.repeat(depth)}true`],
    ['-', (depth) => `${'-'.repeat(depth)}1`],
    ['! in parentheses', (depth) => `${'!('.repeat(depth)}true${')'.repeat(depth)}`],
    ['parentheses', (depth) => `${'('.repeat(depth)}1${')'.repeat(depth)}`],
    ['open parentheses', (depth) => '('.repeat(depth)],
    ['lists', (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`],
    ['open lists', (depth) => '['.repeat(depth)],
    ['maps', (depth) => `${"{'a':".repeat(depth)}1${'}'.repeat(depth)}`],
    ['fields', (depth) => `maps${'.a'.repeat(depth)}`],
    ['indexes', (depth) => `maps${'[0]'.repeat(depth)}`],
    ['methods', (depth) => `maps${'.size()'.repeat(depth)}`],
    ['functions', (depth) => `${'size('.repeat(depth)}maps${')'.repeat(depth)}`],
    ['sums', (depth) => Array(depth).fill('1').join('+')],
    ['&&', (depth) => Array(depth).fill('true').join('&&')],
    ['||', (depth) => Array(depth).fill('true').join('||')],
    ['?: to the right', (depth) => `${'true?1:'.repeat(depth)}1`],
    ['?: to the left', (depth) => `${'true?'.repeat(depth)}1${':1'.repeat(depth)}`],
    ['a long text', (depth) => `'${'a'.repeat(10 * depth)}'`],
    ['a long name', (depth) => 'a'.repeat(10 * depth)],
    ['a long comment', (depth) => `1 //${'a'.repeat(10 * depth)}`],
  ];

  test.each(nested)('%s', (_name, write) => {
    for (const depth of [10_000, 100_000]) {
      for (const source of [write(depth), `numbers == ${write(depth)}`]) {
        const result = new CelCompiler().compile(plainSource(source), variables);
        expect(result).toMatchObject({ ok: false, diagnostics: [{ code: 'EXPRESSION_TOO_COMPLEX' }] });
      }
    }
  });

  test('a few hundred operators that the parser lets pass are evaluated', () => {
    expect(compiled(`${'!'.repeat(900)}true`).evaluate({})).toBe(true);
    expect(compiled(`${'1+'.repeat(450)}1`).evaluate({})).toBe(451);
  });

  test.each([
    ['groups', `(`.repeat(5_000) + 'a' + ')'.repeat(5_000)],
    ['a choice', 'a?'.repeat(600)],
  ])('and so is a pattern of %s', (_name, pattern) => {
    const result = new CelCompiler().compile(plainSource(`long.matches('${pattern}')`), variables);
    expect(result).toMatchObject({ ok: false, diagnostics: [{ code: 'EXPRESSION_PATTERN' }] });
  });
});
