import type { BlackBoxKind } from './black-box-entry.js';

/** What one source may write at once, and after that each second. */
const burst = 20;
const perSecond = 0.5;
/** The same for all sources together. */
const totalBurst = 200;
const totalPerSecond = 10;
/** Sources come and go with reloads; beyond this many they are all forgotten. */
const maximumSources = 4_000;

interface Bucket {
  tokens: number;
  filledAt: number;
  dropped: number;
}

/**
 * Keeps a storm of one stream or rule from pushing everything else out of the black box: a token bucket for each kind and
 * source, and one for all. What is left out is counted.
 */
export class EntryBudget {
  readonly #total: Bucket = { tokens: totalBurst, filledAt: 0, dropped: 0 };
  readonly #kinds = new Map<BlackBoxKind, Map<string, Bucket>>();

  /** @returns how many entries were left out before this one, or undefined when this one is left out too */
  admit(kind: BlackBoxKind, source: string, now: number): number | undefined {
    const bucket = this.#bucketOf(kind, source, now);
    refill(bucket, now, burst, perSecond);
    refill(this.#total, now, totalBurst, totalPerSecond);
    if (bucket.tokens < 1 || this.#total.tokens < 1) {
      bucket.dropped++;
      return undefined;
    }
    bucket.tokens--;
    this.#total.tokens--;
    const { dropped } = bucket;
    bucket.dropped = 0;
    return dropped;
  }

  #bucketOf(kind: BlackBoxKind, source: string, now: number): Bucket {
    let sources = this.#kinds.get(kind);
    if (!sources) this.#kinds.set(kind, (sources = new Map()));
    let bucket = sources.get(source);
    if (!bucket) {
      if (sources.size >= maximumSources) sources.clear();
      sources.set(source, (bucket = { tokens: burst, filledAt: now, dropped: 0 }));
    }
    return bucket;
  }
}

function refill(bucket: Bucket, now: number, most: number, rate: number): void {
  bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.filledAt) / 1_000) * rate);
  bucket.filledAt = now;
}
