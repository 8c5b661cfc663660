import type { Command } from 'commander';
import { ExitCode } from './exit-code.js';

export function addEvalCommand(program: Command): void {
  program
    .command('eval')
    .argument('<EXPR>', 'a CEL expression, as after `when:` or `if:`')
    .description('evaluate an expression, to try it out')
    .option('--given <VALUES>', 'the names it reads, as JSON or YAML', '{}')
    .addHelpText(
      'after',
      `
Examples:
  devicerc eval "duration('90m') > duration('1h')"
  devicerc eval "event.id == 7 && has(event.label)" --given '{ event: { id: 7 } }'`,
    )
    .action(async (expression: string, { given }: { given: string }) => {
      const [{ parse }, { CelCompiler }, { plainSource }, { print, errorText }, { jsonText }, { DiagnosticsError }] =
        await Promise.all([
          import('yaml'),
          import('../expressions/cel-compiler.js'),
          import('../expressions/source-text.js'),
          import('./print.js'),
          import('./text.js'),
          import('../diagnostics/device-error.js'),
        ]);
      const bindings = readBindings(parse, given);
      if (!bindings) {
        const { coreError } = await import('../diagnostics/core-errors.js');
        throw coreError('ARGUMENT_MALFORMED', '--given takes a mapping of names to values: { event: { id: 7 } }.');
      }
      const variables = Object.fromEntries(Object.keys(bindings).map((name) => [name, { kind: 'dynamic' as const }]));
      const compiled = new CelCompiler().compile(plainSource(expression), variables);
      if (compiled.ok) {
        print(jsonText(compiled.value.evaluate(bindings)));
      } else {
        process.stderr.write(`${errorText(new DiagnosticsError(compiled.diagnostics), process.stderr.isTTY)}\n`);
        process.exitCode = ExitCode.failed;
      }
    });
}

function readBindings(parse: (text: string) => unknown, given: string): Record<string, unknown> | undefined {
  try {
    const values = parse(given);
    return typeof values === 'object' && values !== null && !Array.isArray(values)
      ? (values as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
