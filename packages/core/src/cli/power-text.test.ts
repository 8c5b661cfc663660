import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ControlCommands } from '../engine/control/control-commands.js';
import { controlVersion } from '../engine/control/protocol.js';
import type { StatusAnswer, TraceAnswer, WhyAnswer } from '../engine/engine-view.js';
import { PoweredMachine } from '../engine/powered-machine.fixture.js';
import { SecretMask } from '../engine/secret-mask.js';
import { ProcessHost } from '../host/process-host.js';
import { statusText } from './status-text.js';
import { intentsText, runText } from './trace-text.js';
import { whyText } from './why-text.js';

let machine: PoweredMachine;
beforeEach(async () => {
  machine = new PoweredMachine();
  machine.manners = { supervisor: 'silent', bus: 'accepts' };
  machine.write(`
  stuck: { when: "true", for: 10m, limit: { runs: 1, per: 24h }, then: [{ do: device.reboot }] }
  other: { when: "true", for: 10m, then: [{ do: log, with: { message: hi } }] }
`);
  await machine.start();
});
afterEach(() => machine.end());

/** As the commands ask a running engine. */
function ask<Answer>(command: string, input: object): Promise<Answer> {
  const commands = new ControlCommands(machine.engine, new SecretMask(new ProcessHost()));
  return commands.answer({ version: controlVersion, command, with: input }) as Promise<Answer>;
}

/** Without the breaks that a terminal of 80 columns needs. */
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('status, why and trace tell which power controls were asked, and which one accepted', async () => {
  await machine.pass('15m');
  const run = machine.engine.traces().find(({ rule }) => rule === 'stuck')!;
  expect(inOneLine(statusText(await ask<StatusAnswer>('status', {})))).toMatch(
    /disruption device\.reboot of stuck by supervisor \(lost\), then bus \(lost\) \(run \w+\), 5m of uptime ago, is lost/,
  );
  expect(inOneLine(whyText(await ask<WhyAnswer>('why', { rule: 'stuck' })))).toContain(
    `device.reboot by supervisor (lost), then bus (lost) is lost: the machine did not go down, run ${run.id}`,
  );
  expect(whyText(await ask<WhyAnswer>('why', { rule: 'other' }))).not.toContain('device.reboot');
  const trace = await ask<TraceAnswer>('trace', { run: run.id });
  expect(runText(trace.run, trace.now)).toContain('out {"control":"bus"}');
  expect(inOneLine(intentsText(trace.intents))).toContain(
    'then[0] device.reboot by supervisor (lost), then bus (lost)',
  );
});
