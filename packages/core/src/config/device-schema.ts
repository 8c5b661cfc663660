import type { Registry } from '../plugins/registry.js';
import { actionSchemas, templated } from './action-schema.js';
import {
  answerKeys,
  bootSafetyKeys,
  emitKeys,
  expectationKeys,
  fileKeys,
  holdKeys,
  limitKeys,
  momentKeys,
  pluginKeys,
  repeatKeys,
  retryKeys,
  ruleKeys,
  rungKeys,
  secretKeys,
  stepKeys,
  stepKinds,
  stopKeys,
  streamKeys,
  testKeys,
  waitKeys,
  type Keys,
} from './grammar.js';
import { heldActions } from './held-action.js';
import type { JsonSchema } from './json-schema.js';
import { namedStreamSchemas, patternSchema } from './stream-schema.js';
import { expectedStates } from './test-model.js';

const durationText: JsonSchema = { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' };
const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const anything: JsonSchema = {};
/** CEL in a plain scalar: `true` is an expression as well. */
const expression: JsonSchema = { type: ['string', 'boolean'] };
const steps: JsonSchema = { $ref: '#/$defs/steps' };
const patterns: JsonSchema = { $ref: '#/$defs/patterns' };
const limit: JsonSchema = { $ref: '#/$defs/limit' };
const actions: JsonSchema = { $ref: '#/$defs/action' };
const heldAction: JsonSchema = { $ref: '#/$defs/heldAction' };

/**
 * JSON Schema (draft 2020-12) of the device file with the plugins in use, for editors. What it cannot say (expressions,
 * names defined in the file itself) is left to the check.
 */
export function deviceJsonSchema(registry: Registry): Record<string, unknown> {
  const streamNames = [...registry.streams.keys()];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'devicerc',
    ...mapping(fileKeys, {
      version: { const: 1 },
      plugins: list(mapping(pluginKeys, { use: text, with: anything }, ['use'])),
      include: list(text),
      streams: {
        type: 'object',
        propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
        additionalProperties: {
          ...mapping(streamKeys, { from: { enum: streamNames }, with: anything }, ['from']),
          allOf: namedStreamSchemas(registry),
        },
      },
      secrets: {
        type: 'object',
        additionalProperties: { ...mapping(secretKeys, { env: text, file: text }), minProperties: 1, maxProperties: 1 },
      },
      rules: { type: 'object', additionalProperties: { $ref: '#/$defs/rule' } },
      'boot-safety': mapping(bootSafetyKeys, { 'without-record': { enum: ['refuse', 'allow'] } }),
      tests: list(testSchema()),
    }),
    required: ['version'],
    $defs: {
      rule: ruleSchema(),
      limit: limitSchema(),
      patterns: { ...list({ $ref: '#/$defs/pattern' }), minItems: 1 },
      pattern: patternSchema(registry, { durationText, expression }),
      steps: { ...list({ $ref: '#/$defs/step' }), minItems: 1 },
      step: stepSchema(registry),
      action: { enum: [...registry.actions.keys()] },
      heldAction: { enum: heldActions(registry) },
    },
  };
}

function mapping(
  keys: Keys,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  const described = Object.entries(keys).map(
    ([key, description]) => [key, { description, ...properties[key] }] as const,
  );
  return {
    type: 'object',
    properties: Object.fromEntries(described),
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}

function list(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

function exactlyOneOf(keys: readonly string[]): JsonSchema {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}

/** What refuses any two of the keys side by side. */
function pairsOf(keys: readonly string[]): JsonSchema[] {
  return keys.flatMap((key, index) => keys.slice(index + 1).map((other) => ({ required: [key, other] })));
}

function ruleSchema(): JsonSchema {
  const whenKeys = ['for', 'clear', 'at-start', 'on-gap', 'reset-after', 'escalate'];
  return {
    ...mapping(ruleKeys, {
      description: text,
      enabled: flag,
      on: patterns,
      when: expression,
      for: durationText,
      clear: expression,
      'at-start': { enum: ['fire', 'wait-for-change'] },
      'on-gap': { enum: ['resume', 'restart', 'fire'] },
      'reset-after': durationText,
      while: expression,
      hold: mapping(holdKeys, { do: heldAction, with: anything }, ['do']),
      if: expression,
      key: text,
      mode: { enum: ['single', 'restart', 'queued', 'parallel'] },
      max: { type: 'integer', minimum: 1, maximum: 1000 },
      limit,
      timeout: durationText,
      then: steps,
      escalate: {
        ...list(mapping(rungKeys, { after: durationText, then: steps, limit }, ['after', 'then'])),
        minItems: 1,
      },
      until: patterns,
      catch: steps,
      finally: steps,
      shadow: flag,
    }),
    ...exactlyOneOf(['on', 'when', 'while']),
    not: { required: ['then', 'escalate'] },
    dependentSchemas: {
      ...Object.fromEntries(whenKeys.map((key) => [key, { required: ['when'] }])),
      hold: { required: ['while'] },
      key: { required: ['on'] },
    },
  };
}

function limitSchema(): JsonSchema {
  return {
    ...mapping(limitKeys, {
      runs: { type: 'integer', minimum: 1 },
      per: durationText,
      cooldown: durationText,
      then: { enum: ['skip', 'notify', 'disable'] },
    }),
    dependentRequired: { runs: ['per'], per: ['runs'] },
    anyOf: [{ required: ['runs'] }, { required: ['cooldown'] }],
  };
}

function stepSchema(registry: Registry): JsonSchema {
  const retry = mapping(
    retryKeys,
    {
      attempts: { type: 'integer', minimum: 1 },
      delay: durationText,
      factor: { type: 'number' },
      'max-delay': durationText,
      jitter: { type: 'number', minimum: 0, maximum: 1 },
    },
    ['attempts'],
  );
  const branch: JsonSchema = {
    oneOf: [
      {
        type: 'object',
        properties: { if: expression, then: steps },
        required: ['if', 'then'],
        additionalProperties: false,
      },
      { type: 'object', properties: { else: steps }, required: ['else'], additionalProperties: false },
    ],
  };
  const repeat = mapping(
    repeatKeys,
    {
      times: templated({ type: 'integer', minimum: 0 }),
      while: expression,
      until: expression,
      then: steps,
      max: { type: 'integer', minimum: 1 },
    },
    ['then'],
  );
  const wait = mapping(waitKeys, { for: templated(durationText), until: expression, timeout: durationText });
  return {
    ...mapping(stepKeys, {
      do: actions,
      with: anything,
      as: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      retry,
      if: expression,
      timeout: durationText,
      'on-error': { enum: ['fail', 'continue'] },
      choose: list(branch),
      parallel: list(steps),
      repeat: { ...repeat, ...exactlyOneOf(['times', 'while', 'until']) },
      wait: { anyOf: [templated(durationText), { ...wait, ...exactlyOneOf(['for', 'until']) }] },
      stop: { anyOf: [text, mapping(stopKeys, { reason: text, failed: flag }, ['reason'])] },
      emit: mapping(emitKeys, { event: text, data: anything }, ['event']),
    }),
    ...exactlyOneOf(Object.keys(stepKinds)),
    dependentRequired: { with: ['do'], as: ['do'], retry: ['do'] },
    allOf: actionSchemas(registry),
  };
}

/** Names of streams are not listed: the file may name its own. */
function testSchema(): JsonSchema {
  const byName = (value: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: value });
  const answers: JsonSchema = {
    ...byName({
      ...mapping(answerKeys, { output: anything, fail: text, after: durationText, ignored: flag, never: flag }),
      not: { anyOf: pairsOf(['output', 'fail', 'ignored', 'never']) },
    }),
    propertyNames: actions,
  };
  const moment = mapping(
    momentKeys,
    {
      t: durationText,
      set: byName(anything),
      quality: byName({ enum: ['ok', 'stale', 'lost'] }),
      answer: answers,
      emit: byName(anything),
      restart: { const: 'engine' },
      kill: { const: 'engine' },
      freeze: durationText,
      'power-cut': durationText,
      reboot: durationText,
      clock: {
        type: 'object',
        properties: { jump: { type: 'string', pattern: '^-?(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' } },
        required: ['jump'],
        additionalProperties: false,
      },
      network: { enum: ['away', 'back'] },
      reload: text,
      end: flag,
    },
    ['t'],
  );
  const expectationKeysSchema = mapping(expectationKeys, {
    action: actions,
    no: actions,
    order: { ...list(actions), minItems: 2 },
    times: { type: 'integer', minimum: 0 },
    between: { ...list(durationText), minItems: 2, maxItems: 2 },
    with: { type: 'object' },
    where: expression,
    rule: text,
    state: { enum: expectedStates },
    at: durationText,
  });
  const expectation: JsonSchema = {
    ...expectationKeysSchema,
    ...exactlyOneOf(['action', 'no', 'order', 'state']),
    dependentRequired: { state: ['rule', 'at'], at: ['state'], times: ['action'] },
  };
  return mapping(
    testKeys,
    {
      name: text,
      given: byName(anything),
      answers,
      at: list(moment),
      expect: list(expectation),
    },
    ['name', 'expect'],
  );
}
