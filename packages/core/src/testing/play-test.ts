import type { Expectation, TestModel } from '../config/test-model.js';
import type { RuleStatus } from '../rules/rule-status.js';
import { judge, type Failure } from './judge.js';
import { TestDevice, type LoadedFiles } from './test-device.js';
import { TestRecord } from './test-record.js';

/** One test that was played, and how it went. */
export interface PlayedTest {
  readonly test: TestModel;
  readonly record: TestRecord;
  /** Empty when every expectation was met. */
  readonly failures: readonly Failure[];
}

/** Plays a test on a simulated device. A failing one is played again to see the states of the rules on its time line. */
export async function playTest(test: TestModel, files: LoadedFiles): Promise<PlayedTest> {
  const played = await playOnce(test, files, false);
  return played.failures.length > 0 ? playOnce(test, files, true) : played;
}

async function playOnce(test: TestModel, files: LoadedFiles, showStates: boolean): Promise<PlayedTest> {
  const record: TestRecord = new TestRecord(() => device.now);
  const device: TestDevice = new TestDevice(test, files, record);
  for (const { at, changes } of test.moments) {
    device.plan(at.milliseconds, 'moment of the test', async () => {
      for (const change of changes) {
        await device.apply(change);
        await device.time.settle();
      }
    });
  }
  const states = new Map<Expectation, RuleStatus | undefined>();
  for (const expectation of test.expectations) {
    if (expectation.kind !== 'state') continue;
    const look = (): void =>
      void states.set(
        expectation,
        device.status().find(({ rule }) => rule === expectation.rule),
      );
    const at = expectation.at.milliseconds;
    // Planned again when its time has come, so that it sees what the engine does at this time.
    device.plan(at, 'look at a rule', () => void device.plan(at, 'look at a rule', look));
  }
  await device.start();
  await device.runUntil(test.end.milliseconds, showStates ? stateWatch(device, record) : undefined);
  record.close();
  await device.end();
  return { test, record, failures: judge(test.expectations, record, states) };
}

/** Tells each change of a rule's state. */
function stateWatch(device: TestDevice, record: TestRecord): () => void {
  const known = new Map<string, string>();
  return () => {
    for (const { rule, state, detail } of device.status()) {
      if (known.get(rule) === state) continue;
      if (known.has(rule) || state !== 'idle') record.add('state', `${rule} is ${state}${detail && `: ${detail}`}`);
      known.set(rule, state);
    }
  };
}
