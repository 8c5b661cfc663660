import type { PlayedTest } from './play-test.js';

/** The results as the XML that CI services read; each file of tests is one suite. */
export function junitReport(played: readonly PlayedTest[]): string {
  const files = [...new Set(played.map(({ test }) => test.range.file))];
  const suites = files.map((file) =>
    suiteOf(
      file,
      played.filter(({ test }) => test.range.file === file),
    ),
  );
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join('\n');
}

function suiteOf(file: string, played: readonly PlayedTest[]): string {
  const failed = played.filter(({ failures }) => failures.length > 0).length;
  return [
    `  <testsuite name="${escaped(file)}" tests="${played.length}" failures="${failed}">`,
    ...played.map(caseOf),
    '  </testsuite>',
  ].join('\n');
}

function caseOf({ test, failures }: PlayedTest): string {
  const { file, start } = test.range;
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(test.name)}" file="${escaped(file)}" line="${start.line}"`;
  if (failures.length === 0) return `${head}/>`;
  const bodies = failures.map(({ expectation: { range }, message }) => {
    const place = `${range.file}:${range.start.line}`;
    return `      <failure message="${escaped(message)}">${escaped(`${place}: ${message}`)}</failure>`;
  });
  return [`${head}>`, ...bodies, '    </testcase>'].join('\n');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  // XML 1.0 has no form at all for most control characters.

  return text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '').replaceAll(/[&<>"]/g, (mark) => entities[mark]!);
}
