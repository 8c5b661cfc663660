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

/** What one run, or what waits to be one, holds of a budget; given back as a whole when it is over. */
export class HeldMemory {
  #bytes = 0;
  #isOver = false;

  constructor(private readonly budget: BudgetShare) {}

  /** @param former what it already holds for what these bytes replace @returns whether there was room */
  take(bytes: number, former = 0): boolean {
    if (this.#isOver) return true;
    const more = bytes - former;
    if (more > 0 && !this.budget.take(more)) return false;
    if (more < 0) this.budget.giveBack(-more);
    this.#bytes += more;
    return true;
  }

  /** For what is there already, whether there is room or not. */
  add(bytes: number): void {
    this.budget.add(bytes);
    this.#bytes += bytes;
  }

  giveBack(): void {
    this.#isOver = true;
    this.budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}
