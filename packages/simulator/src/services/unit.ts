import { interface as service } from 'dbus-next';

/** How a simulated unit takes to being started. */
export interface UnitBehaviour {
  readonly description: string;
  readonly active: boolean;
  /** Its process exits with code 1 as soon as it is started. */
  readonly fails?: boolean;
}

type ActiveState = 'active' | 'inactive' | 'failed';

const subStates: Readonly<Record<ActiveState, string>> = { active: 'running', inactive: 'dead', failed: 'failed' };

/** org.freedesktop.systemd1.Unit of a loaded service unit. */
export class UnitObject extends service.Interface {
  readonly path: string;
  readonly LoadState: 'loaded' | 'not-found';
  ActiveState: ActiveState;

  constructor(
    readonly Id: string,
    private readonly behaviour: UnitBehaviour | undefined,
  ) {
    super('org.freedesktop.systemd1.Unit');
    this.path = `/org/freedesktop/systemd1/unit/${escapeLabel(Id)}`;
    this.LoadState = behaviour ? 'loaded' : 'not-found';
    this.ActiveState = behaviour?.active ? 'active' : 'inactive';
  }

  get Description(): string {
    return this.behaviour?.description ?? this.Id;
  }

  get SubState(): string {
    return subStates[this.ActiveState];
  }

  /** @returns the result that JobRemoved carries */
  start(): 'done' | 'failed' {
    this.#become(this.behaviour?.fails ? 'failed' : 'active');
    return this.ActiveState === 'failed' ? 'failed' : 'done';
  }

  stop(): 'done' {
    this.#become('inactive');
    return 'done';
  }

  #become(state: ActiveState): void {
    this.ActiveState = state;
    service.Interface.emitPropertiesChanged(this, { ActiveState: state, SubState: this.SubState }, []);
  }
}

UnitObject.configureMembers({
  properties: {
    Id: { signature: 's', access: service.ACCESS_READ },
    Description: { signature: 's', access: service.ACCESS_READ },
    LoadState: { signature: 's', access: service.ACCESS_READ },
    ActiveState: { signature: 's', access: service.ACCESS_READ },
    SubState: { signature: 's', access: service.ACCESS_READ },
  },
});

/** sd_bus_path_encode(3): everything but letters and digits becomes `_` and two hexadecimal digits. */
function escapeLabel(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]|^\d/g, (character) =>
    [...Buffer.from(character)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
