import { Observable, Subscription } from 'rxjs';
import { FieldSet } from '../schemas/field-set.js';
import { Lost, lost, type Partly, partly } from './reading.js';
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
 * While some have not answered, the value counts for the others only. While one of them is lost, the whole is lost. An
 * error of one is an error of the whole; one that ends leaves its last value.
 * @param unread what fields hold that nobody reads, and those without a source
 */
export function combineFields<Value extends object>(
  interest: StateInterest,
  unread: Value,
  sources: FieldSources<Value>,
): Observable<Value | Partly<Value> | Lost> {
  return new Observable((follower) => {
    const open = new Map<string, OpenSource>();
    let isChanging = false;

    const emit = (): void => {
      if (isChanging) return;
      const given = [...open].flatMap(([field, { latest }]) => (latest ? [[field, latest.value] as const] : []));
      const out = given.find(([, value]) => value instanceof Lost);
      if (out) return follower.next(lost(`${out[0]}: ${(out[1] as Lost).reason}`));
      const value = { ...unread, ...Object.fromEntries(given) };
      if (given.length === open.size) return follower.next(value);
      const isAwaited = (field: string): boolean => open.has(field) && !open.get(field)!.latest;
      const read = Object.keys(unread).filter((field) => !isAwaited(field));
      if (given.length > 0) follower.next(partly(value, new FieldSet(read.map((field) => [field]))));
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
