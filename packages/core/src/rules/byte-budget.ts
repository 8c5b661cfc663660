/** Memory that many share and nobody may exceed. */
export class ByteBudget {
  #used = 0;

  constructor(readonly bytes: number) {}

  /** @returns whether there was room; what was taken has to be given back */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.bytes) return false;
    this.#used += bytes;
    return true;
  }

  /** For what is there already, whether there is room or not. */
  add(bytes: number): void {
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** What one rule takes of a budget of all. One that holds nothing gets what it asks for: no flood of another keeps it from it. */
export class BudgetShare {
  #used = 0;

  constructor(private readonly budget: ByteBudget) {}

  /** @returns whether there was room */
  take(bytes: number): boolean {
    if (this.#used > 0 && !this.budget.take(bytes)) return false;
    if (this.#used === 0) this.budget.add(bytes);
    this.#used += bytes;
    return true;
  }

  /** For what is there already, whether there is room or not. */
  add(bytes: number): void {
    this.budget.add(bytes);
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.budget.giveBack(bytes);
    this.#used -= bytes;
  }
}

/** What one run, or what waits to be one, holds of a budget, by its parts; given back as a whole when it is over. */
export class HeldMemory {
  readonly #parts = new Map<string, number>();
  #isOver = false;

  constructor(private readonly budget: BudgetShare) {}

  /** A part takes the place of one with the same name. @returns whether there was room */
  keep(part: string, bytes: number): boolean {
    if (this.#isOver) return true;
    const more = bytes - (this.#parts.get(part) ?? 0);
    if (more > 0 && !this.budget.take(more)) return false;
    if (more < 0) this.budget.giveBack(-more);
    this.#parts.set(part, bytes);
    return true;
  }

  /** For what is there already, whether there is room or not. */
  add(part: string, bytes: number): void {
    this.budget.add(bytes);
    this.#parts.set(part, bytes);
  }

  giveBack(): void {
    this.#isOver = true;
    for (const bytes of this.#parts.values()) this.budget.giveBack(bytes);
    this.#parts.clear();
  }
}
