import type { DeviceError } from '../../diagnostics/device-error.js';
import { DisruptionGuard, type DisruptionCall, type Intent } from '../../rules/disruption-guard.js';
import type { BlackBox } from './black-box.js';

/** Lets the black box be written before a disruptive call that the guard lets pass. */
export class RecordedDisruptions extends DisruptionGuard {
  constructor(
    private readonly guard: DisruptionGuard,
    private readonly blackBox: BlackBox,
  ) {
    super();
  }

  override async announce(call: DisruptionCall): Promise<Intent> {
    const intent = await this.guard.announce(call);
    await this.blackBox.disrupted(call);
    return intent;
  }

  override obstacle(action: string): DeviceError | undefined {
    return this.guard.obstacle(action);
  }

  override callsOf(rule: string): readonly number[] {
    return this.guard.callsOf(rule);
  }
}
