import { interface as service } from 'dbus-next';
import type { PowerControl } from './power-control.js';

/** org.freedesktop.login1(5), the part that ends the machine, on /org/freedesktop/login1. */
export class LoginService extends service.Interface {
  constructor(private readonly power: PowerControl) {
    super('org.freedesktop.login1.Manager');
  }

  Reboot(): void {
    this.power.reboot('org.freedesktop.login1.Manager.Reboot');
  }

  PowerOff(): void {
    this.power.powerOff('org.freedesktop.login1.Manager.PowerOff');
  }

  CanReboot(): string {
    return 'yes';
  }

  CanPowerOff(): string {
    return 'yes';
  }

  /** Sent with true before the machine goes down. */
  PrepareForShutdown(start: boolean): boolean {
    return start;
  }
}

LoginService.configureMembers({
  methods: {
    Reboot: { inSignature: 'b' },
    PowerOff: { inSignature: 'b' },
    CanReboot: { outSignature: 's' },
    CanPowerOff: { outSignature: 's' },
  },
  signals: { PrepareForShutdown: { signature: 'b' } },
});
