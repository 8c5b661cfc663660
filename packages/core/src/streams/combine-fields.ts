import { Observable, Subscription } from 'rxjs';
import type { FieldSet } from '../schemas/field-set.js';
import { Lost, lost } from './reading.js';
import type { StateInterest } from './stream.js';

/** For fields of a state what opens their source, which gives the value of the field. */
export type FieldSources<Value> = {
  readonly [Field in keyof Value]?: () => Observable<Value[Field] | Lost>;
};

interface OpenSource {
  readonly subscription: Subscription;
  /** Undefined until it has given something. */
  latest?: { readonly value: unknown };
}

/**
 * A state whose fields come from sources of their own, for a stream that opens no more of them than are read. Each source is
 * opened when its field begins to be read, and closed when nobody reads it any more; those of the other fields stay as they are.
 * A value is emitted when every open source has given one, and while one of them is lost, the whole is lost. An error of
 * one is an error of the whole; one that ends leaves its last value.
 * @param unread what fields hold that nobody reads, and those without a source
 */
export function combineFields<Value extends object>(
  interest: StateInterest,
  unread: Value,
  sources: FieldSources<Value>,
): Observable<Value | Lost> {
  return new Observable((follower) => {
    const open = new Map<string, OpenSource>();
    let isChanging = false;

    const emit = (): void => {
      if (isChanging) return;
      const given = [...open].map(([field, { latest }]) => [field, latest] as const);
      for (const [field, latest] of given) {
        if (latest?.value instanceof Lost) return follower.next(lost(`${field}: ${latest.value.reason}`));
      }
      if (given.some(([, latest]) => !latest)) return;
      follower.next({ ...unread, ...Object.fromEntries(given.map(([field, latest]) => [field, latest!.value])) });
    };

    const openSource = (field: string, source: () => Observable<unknown>): void => {
      const opened: OpenSource = { subscription: new Subscription() };
      open.set(field, opened);
      const next = (value: unknown): void => {
        opened.latest = { value };
        emit();
      };
      opened.subscription.add(source().subscribe({ next, error: (error: unknown) => follower.error(error) }));
    };

    const adapt = (fields: FieldSet): void => {
      isChanging = true;
      for (const [field, source] of Object.entries<(() => Observable<unknown>) | undefined>(sources)) {
        const opened = open.get(field);
        if (!fields.includes(field)) {
          open.delete(field);
          opened?.subscription.unsubscribe();
        } else if (!opened && source) openSource(field, source);
      }
      isChanging = false;
      emit();
    };

    follower.add(() => open.forEach(({ subscription }) => subscription.unsubscribe()));
    follower.add(interest.subscribe(adapt));
  });
}
