import { Logger, type Clock, type LogFields, type LogLevel } from '@devicerc/core';
import type { SimulatedEvent } from '../device/simulated-event.js';

/** Turns what happens into lines that a newcomer can follow, each with the simulated time. */
export class Narrator {
  constructor(
    private readonly write: (line: string) => void,
    private readonly elapsed: () => number,
  ) {}

  tell(subject: string, words: string, at = this.elapsed()): void {
    this.write(`${formatInstant(at).padStart(8)}  ${subject.padEnd(7)}  ${words}`);
  }

  event(event: SimulatedEvent): void {
    const [subject, words] = describe(event);
    this.tell(subject, words, event.at);
  }

  /** The log of the engine, in the same column form. */
  logger(): Logger {
    return new NarratedLog(this);
  }
}

class NarratedLog extends Logger {
  constructor(private readonly narrator: Narrator) {
    super();
  }

  override log(level: LogLevel, message: string): void {
    if (level === 'debug') return;
    this.narrator.tell('engine', level === 'info' ? message : `${level}: ${message}`);
  }

  /** The fields are for machines; a reader gets the message. */
  override child(_fields: LogFields): Logger {
    return this;
  }
}

function describe(event: SimulatedEvent): [subject: string, words: string] {
  switch (event.kind) {
    case 'webhook':
      return ['webhook', `received ${JSON.stringify(event.body)}`];
    case 'property-changed':
      return ['host', `${event.property} is now ${String(event.value)}`];
    case 'reboot-requested':
      return ['host', `reboot requested by ${event.by}`];
    case 'power-off-requested':
      return ['host', `power-off requested by ${event.by}`];
    case 'shutting-down':
      return ['host', 'stops its services'];
    case 'down':
      return ['host', 'is down; the system bus is gone'];
    case 'booted':
      return ['host', `is up: boot ${event.bootCount}, boot id ${event.bootId}`];
  }
}

/** `+10m05s`, `+1h02m00s`. */
export function formatInstant(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const two = (amount: number): string => String(amount).padStart(2, '0');
  return hours > 0 ? `+${hours}h${two(minutes)}m${two(seconds % 60)}s` : `+${minutes}m${two(seconds % 60)}s`;
}

/** `12.3 s` of the spectator's clock. */
export function formatSeconds(clock: Clock, since: number): string {
  return `${((clock.boottime() - since) / 1000).toFixed(1)} s`;
}
