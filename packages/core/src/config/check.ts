import { Turns } from '../clock/turns.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { ExpressionCompiler } from '../expressions/expression.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { Registry } from '../plugins/registry.js';
import { valueTypeOf } from '../schemas/schema.js';
import { readBootSafety } from './boot-safety-section.js';
import type { DeviceSource } from './device-file.js';
import { ExpressionCheck } from './expression-check.js';
import { Findings } from './findings.js';
import type { DeviceModel, RuleModel } from './rule-model.js';
import { RuleReader } from './rule-section.js';
import { Scope } from './scope.js';
import { type SecretPlaceholder, Secrets } from './secrets.js';
import { Streams } from './stream-section.js';
import { TestReader } from './test-section.js';

/**
 * Checks a file against what the loaded plugins offer. All faults are reported at once, in the order of the file;
 * the model is there when none of them is an error. The event loop has its turns meanwhile.
 * @param placeholderOf gives secrets a value where the machine's own must play no part
 */
export async function checkDevice(
  source: DeviceSource,
  registry: Registry,
  expressions: ExpressionCompiler,
  host: HostEnvironment,
  placeholderOf?: SecretPlaceholder,
): Promise<{ readonly model?: DeviceModel; readonly diagnostics: readonly Diagnostic[] }> {
  const turns = new Turns();
  const findings = new Findings();
  findings.add(source.diagnostics);
  const secrets = new Secrets(source.sections.secrets, host, findings, placeholderOf);
  const check = new ExpressionCheck(expressions, secrets, findings);
  const streams = new Streams(registry, check);
  streams.define(source.sections.streams);
  check.takeNames();

  const states = streams.states();
  const variables = Object.fromEntries([...states].map(([name, { value }]) => [name, valueTypeOf(value)]));
  const faulty = Object.fromEntries(streams.faulty.map((name) => [name, { kind: 'dynamic' as const }]));
  const scope = new Scope({ ...variables, ...faulty }).without(streams.unreadable());
  const reader = new RuleReader(registry, streams, check, scope);
  const rules: RuleModel[] = [];
  for (const entry of source.sections.rules) {
    if (turns.areDue()) await turns.next();
    const rule = reader.read(entry);
    if (rule) rules.push(rule);
  }
  const bootSafety = readBootSafety(source.sections.bootSafety, findings);
  const ruleNames = new Set(source.sections.rules.map((entry) => entry.key));
  const tests = await new TestReader(registry, streams, ruleNames, check).read(source.sections.tests, turns);

  const diagnostics = inOrder(findings.diagnostics, source.files);
  if (findings.hasErrors) return { diagnostics };
  const references = [...states].map(
    ([name, { description, parameters }]) => [name, { stream: description.name, parameters }] as const,
  );
  const model = {
    files: source.files,
    states: new Map(references),
    rules,
    tests,
    secrets: secrets.values,
    bootSafety,
  };
  return { model, diagnostics };
}

function inOrder(diagnostics: readonly Diagnostic[], files: readonly string[]): Diagnostic[] {
  const place = ({ range }: Diagnostic): [number, number] =>
    range ? [files.indexOf(range.file), range.start.offset] : [-1, 0];
  return [...diagnostics].sort((left, right) => {
    const [leftFile, leftOffset] = place(left);
    const [rightFile, rightOffset] = place(right);
    return leftFile - rightFile || leftOffset - rightOffset;
  });
}
