interface Episode {
  /** How often it has to fire; undefined while that is not known. */
  firings: 0 | 1 | undefined;
  readonly keys: Set<string>;
}

export interface LevelFigures {
  readonly episodes: number;
  readonly expected: number;
  readonly fired: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
}

/** Which episodes of a level were long enough to fire, and which of them have fired. */
export class LevelRecord {
  readonly #episodes = new Map<string, Episode>();

  /** The condition turns true; whether it stays so for long enough will show. */
  begin(rule: string, episode: number): void {
    this.#episodes.set(`${rule} ${episode}`, { firings: undefined, keys: new Set() });
  }

  expect(rule: string, episode: number, firings: 0 | 1): void {
    this.#episodes.get(`${rule} ${episode}`)!.firings = firings;
  }

  /** A message tells the firing; one without an episode tells that the condition was false when it was made. */
  delivered(rule: string, episode: number, key: string): void {
    const name = `${rule} ${episode}`;
    if (!this.#episodes.has(name)) this.#episodes.set(name, { firings: 0, keys: new Set() });
    this.#episodes.get(name)!.keys.add(key);
  }

  hasFired(rule: string, episode: number): boolean {
    return this.#episodes.get(`${rule} ${episode}`)!.keys.size > 0;
  }

  figures(): LevelFigures {
    const all = [...this.#episodes].map(([name, { firings, keys }]) => ({ name, firings, fired: keys.size }));
    const names = (which: (episode: (typeof all)[number]) => boolean): readonly string[] =>
      all.filter(which).map(({ name }) => name);
    return {
      episodes: all.length,
      expected: names(({ firings }) => firings === 1).length,
      fired: names(({ fired }) => fired > 0).length,
      lost: names(({ firings, fired }) => firings === 1 && fired === 0),
      duplicated: names(({ firings, fired }) => fired > (firings ?? 1)),
    };
  }
}
