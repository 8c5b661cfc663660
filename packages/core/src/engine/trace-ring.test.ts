import { expect, test } from '@jest/globals';
import type { RunTrace } from '../rules/trace.js';
import { SecretMask } from './secret-mask.js';
import { TraceRing } from './trace-ring.js';

const host = { variables: {}, procPath: '/', sysPath: '/', rootPath: '/' };
const ring = (): TraceRing => new TraceRing({ runs: 3, bytes: 1_000 }, new SecretMask(host));

function begun(id: string, size = 100): { -readonly [Field in keyof RunTrace]: RunTrace[Field] } {
  return { id, rule: id[0]!, cause: 'event door', startedAt: 0, steps: [], size };
}

function idsOf(traces: readonly RunTrace[]): string {
  return traces.map(({ id }) => id).join(' ');
}

test('keeps the last runs, and says how many made room', () => {
  const traces = ring();
  for (const id of ['a1', 'b1', 'a2', 'a3', 'b2']) traces.add(begun(id));
  expect([idsOf(traces.list()), traces.dropped]).toEqual(['a2 a3 b2', 2]);
  expect(idsOf(traces.list({ rule: 'a', last: 1 }))).toBe('a3');
});

test('keeps no more bytes of runs that are over, the latest in any case first', () => {
  const traces = ring();
  for (const id of ['a1', 'a2', 'a3']) {
    const trace = begun(id, 10);
    traces.add(trace);
    trace.size = 450;
    trace.outcome = 'succeeded';
    traces.add(trace);
  }
  expect([idsOf(traces.list()), traces.dropped]).toEqual(['a2 a3', 1]);
});

test('takes a run that ends after it made room for others as its latest, and counts it once', () => {
  const traces = ring();
  const long = begun('a1');
  for (const trace of [long, begun('b1'), begun('b2'), begun('b3')]) traces.add(trace);
  expect([idsOf(traces.list()), traces.dropped]).toEqual(['b1 b2 b3', 1]);
  traces.add({ ...long, outcome: 'succeeded' });
  expect([idsOf(traces.list()), traces.dropped]).toEqual(['b2 b3 a1', 1]);
});

test('a run that goes on from a former engine takes the place of its trace from before', () => {
  const traces = ring();
  traces.add({ ...begun('a1', 900), outcome: 'parked' });
  traces.add({ ...begun('a1', 900), resumed: true, outcome: 'succeeded' });
  expect(traces.list()).toEqual([expect.objectContaining({ id: 'a1', outcome: 'succeeded' })]);
});
