import { expect, test } from '@jest/globals';
import { BehaviorSubject, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { FieldSet, type FieldPath } from '../schemas/field-set.js';
import { combineFields } from './combine-fields.js';
import { lost, type Lost, Partly } from './reading.js';

interface House {
  readonly door: string;
  readonly lamp: { readonly on: boolean; readonly watts: number };
  readonly roof: string;
}

const fields = (...paths: FieldPath[]): FieldSet => new FieldSet(paths);
/** A value that counts for some fields only shows which: sets of fields look alike to the test runner. */
const shown = (emission: unknown): unknown =>
  emission instanceof Partly ? { of: emission.value, read: emission.fields.paths.join() } : emission;

/** A house whose sources are opened and closed by name, and answer by hand. */
function house(...first: FieldPath[]) {
  const events: string[] = [];
  const values: unknown[] = [];
  const interest = new BehaviorSubject(fields(...first));
  const door = new Subject<string | Lost>();
  const lamp = new Subject<House['lamp'] | Lost>();
  const watched = <Value>(name: string, source: Observable<Value>): Observable<Value> =>
    new Observable((follower) => {
      events.push(`open ${name}`);
      follower.add(() => events.push(`close ${name}`));
      follower.add(source.subscribe(follower));
    });
  const unread: House = { door: '?', lamp: { on: false, watts: 0 }, roof: 'flat' };
  const whole = combineFields<House>(interest, unread, {
    door: () => watched('door', door),
    lamp: () => watched('lamp', lamp),
  });
  const subscription = whole.subscribe({
    next: (value) => values.push(shown(value)),
    error: (error) => values.push(error),
  });
  return { events, values, interest, door, lamp, subscription };
}

test('a source is open as long as its field is read, and no longer; the others stay open', () => {
  const { events, interest, subscription } = house(['door']);
  interest.next(fields(['door'], ['lamp', 'on']));
  interest.next(fields(['lamp', 'watts'], ['roof']));
  expect(events).toEqual(['open door', 'open lamp', 'close door']);
  subscription.unsubscribe();
  expect(events).toEqual(['open door', 'open lamp', 'close door', 'close lamp']);
  expect(interest.observed).toBe(false);
});

test('a value comes with each change of interest though nothing differs, and counts for all that have answered', () => {
  const { values, interest, door, lamp } = house(['door']);
  const dark = { on: false, watts: 0 };
  door.next('open');
  interest.next(fields(['door'], ['lamp', 'on']));
  // A source that never answers holds up nobody who does not read it.
  door.next('shut');
  lamp.next(dark);
  interest.next(fields(['door'], ['lamp']));
  interest.next(fields(['lamp']));
  expect(values).toEqual([
    { door: 'open', lamp: dark, roof: 'flat' },
    { of: { door: 'open', lamp: dark, roof: 'flat' }, read: 'door,roof' },
    { of: { door: 'shut', lamp: dark, roof: 'flat' }, read: 'door,roof' },
    { door: 'shut', lamp: dark, roof: 'flat' },
    { door: 'shut', lamp: dark, roof: 'flat' },
    { door: '?', lamp: dark, roof: 'flat' },
  ]);
});

test('a value is none before the first source has answered', () => {
  const { values, door } = house(['door'], ['lamp']);
  expect(values).toEqual([]);
  door.next('open');
  expect(values).toHaveLength(1);
});

test('the whole is lost while one of what is read is lost, and says which', () => {
  const { values, interest, door, lamp } = house(['door'], ['lamp']);
  lamp.next(lost('no mains'));
  door.next('open');
  interest.next(fields(['door']));
  expect(values).toEqual([
    lost('lamp: no mains'),
    lost('lamp: no mains'),
    { door: 'open', lamp: { on: false, watts: 0 }, roof: 'flat' },
  ]);
});

test('sources that answer at once give one value; one that ends leaves its value, and one that fails fails the whole', () => {
  const whole = (failing: Observable<string>): unknown[] => {
    const values: unknown[] = [];
    const sources = { a: () => of(1), b: () => of(2), c: () => failing };
    combineFields(of(FieldSet.all), { a: 0, b: 0, c: '' }, sources).subscribe({
      next: (value) => values.push(shown(value)),
      error: (error) => values.push(error),
    });
    return values;
  };
  expect(whole(of('c'))).toEqual([{ a: 1, b: 2, c: 'c' }]);
  expect(whole(NEVER)).toEqual([{ of: { a: 1, b: 2, c: '' }, read: 'a,b' }]);
  expect(whole(throwError(() => 'broken'))).toEqual(['broken']);
});
