import { z } from '@devicerc/core';

const suffixes = 'service|socket|device|mount|automount|swap|target|path|timer|slice|scope';
/** Units that take the machine down: the engine has to know of it before, see the actions device.reboot and device.shutdown. */
const disruptive =
  /^(?:reboot|kexec|soft-reboot|poweroff|halt|exit|shutdown|final|ctrl-alt-del|systemd-(?:reboot|kexec|poweroff|halt|soft-reboot))\.(?:target|service)$/;

/** Name of a unit with its suffix (systemd.unit(5)). */
export const unitName = z
  .string()
  .max(255)
  .regex(
    new RegExp(`^[A-Za-z0-9:_.\\\\-]+(?:@[A-Za-z0-9:_.\\\\-]*)?\\.(?:${suffixes})$`),
    'Write the full name of a unit, such as NetworkManager.service.',
  );

/** Name of a unit that a rule may start and stop. */
export const startableUnitName = unitName.refine(
  (name) => !disruptive.test(name),
  'This unit takes the machine down: use device.reboot or device.shutdown, which are limited and survive a restart.',
);
