import { describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { CelCompiler } from './cel-compiler.js';
import { bindings, variables } from './expression-cases.fixture.js';
import type { Compilation, Template } from './expression.js';
import { plainSource } from './source-text.js';

const compile = (text: string): Compilation<Template> | undefined =>
  new CelCompiler().compileTemplate(plainSource(text), variables);

const evaluate = (text: string): unknown => {
  const result = compile(text);
  if (!result?.ok) throw new Error(`"${text}" was refused`);
  return result.value.evaluate(bindings);
};

describe('a text with ${{ }}', () => {
  test.each<[string, unknown]>([
    ['${{ count }}', 3],
    ['${{ count }}\n', 3],
    ['${{ device.uptime }}', Duration.parse('45m')],
    ['${{ event.data.list }}', [1, 2, 3]],
    ["${{ {'a': {'b': count}} }}", { a: { b: 3 } }],
    ["${{ {'a': {'b': count}}}}", { a: { b: 3 } }],
    ["${{ '}}' }}", '}}'],
    ['${{ "\\"}}" }}', '"}}'],
    ["${{ '''it's }}''' }}", "it's }}"],
    [' ${{ count }}', ' 3'],
    ['up for ${{ device.uptime }}, load ${{ device.load }}', 'up for 45m, load 1.5'],
    ['${{ count }}${{ ntp.NTP }}', '3true'],
    ['at ${{ device.bootedAt }}', 'at 2026-03-01T10:20:30.400Z'],
    ['parts: ${{ event.parts.map(part, part.name) }}', 'parts: ["sda1","sda2"]'],
    ['write $${{ count }} to get ${{ count }}', 'write ${{ count }} to get 3'],
    ['$${{ count }}', '${{ count }}'],
    ['$$ ${{ count }} $', '$$ 3 $'],
  ])('%s is %j', (text, value) => {
    expect(evaluate(text)).toEqual(value);
  });

  test('a plain text is no template', () => {
    expect(compile('costs $5 {{ mustache }}')).toBeUndefined();
  });

  test('keeps the type of a lone expression and knows what it reads', () => {
    const alone = compile('${{ device.uptime }}');
    const mixed = compile('${{ device.uptime }} ${{ count }}');
    expect(alone?.ok && [alone.value.type, [...alone.value.dependencies]]).toEqual([{ kind: 'duration' }, ['device']]);
    expect(mixed?.ok && [mixed.value.type, [...mixed.value.dependencies]]).toEqual([
      { kind: 'string' },
      ['device', 'count'],
    ]);
    expect([alone?.ok && alone.value.reads, mixed?.ok && mixed.value.reads]).toEqual([
      [['device', 'uptime']],
      [['device', 'uptime'], ['count']],
    ]);
  });

  test('reports every mistake at its place', () => {
    const text = 'a ${{ cuont }} b ${{ ntp.NPT }} c ${{ count';
    const result = compile(text);
    expect(
      result?.ok === false &&
        result.diagnostics.map(({ code, range }) => [code, text.slice(range!.start.offset, range!.end.offset)]),
    ).toEqual([
      ['EXPRESSION_NAME_UNKNOWN', 'cuont'],
      ['EXPRESSION_FIELD_UNKNOWN', 'NPT'],
      ['TEMPLATE_UNTERMINATED', '${{ count'],
    ]);
  });

  test('null has no text, but stays null alone', () => {
    expect(evaluate('${{ event.data.nothing }}')).toBeNull();
    expect(() => evaluate('x${{ event.data.nothing }}')).toThrow('The value is null, which has no text.');
  });
});
