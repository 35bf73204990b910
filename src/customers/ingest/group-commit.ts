import { setTimeout as sleep } from 'node:timers/promises';

/** More waits than can be kept: the caller says "later". */
export class Overloaded extends Error {}

interface Waiting<Item, Outcome> {
  readonly items: readonly Item[];
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupLimits {
  /** Items of one commit. A request is never split. */
  readonly most: number;
  /** Items that may wait, before callers are turned away. */
  readonly mostWaiting: number;
  /** How long the first of a group waits for others. */
  readonly gatherMs: number;
}

/**
 * Puts what arrives within a few milliseconds into one commit, and answers each caller when that is durable. One commit at a time, in the order of
 * arrival: what one person does stays in order, and while one is on its way the next gathers by itself.
 */
export class GroupCommit<Item, Outcome> {
  private readonly waiting: Waiting<Item, Outcome>[] = [];
  private waitingItems = 0;
  private running: Promise<void> | undefined;

  constructor(
    private readonly commit: (items: readonly Item[]) => Promise<Outcome[]>,
    private readonly limits: GroupLimits,
    /** An outage is not the fault of one request: then nobody is tried alone. */
    private readonly isOutage: (error: unknown) => boolean,
  ) {}

  /** Gives one outcome an item, after they are stored. */
  submit(items: readonly Item[]): Promise<Outcome[]> {
    if (items.length === 0) return Promise.resolve([]);
    if (this.waitingItems + items.length > this.limits.mostWaiting) return Promise.reject(new Overloaded());
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      this.waitingItems += items.length;
      this.running ??= this.run().finally(() => {
        this.running = undefined;
      });
    });
  }

  /** Everything submitted is answered. */
  async drained(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    await sleep(this.limits.gatherMs);
    while (this.waiting.length > 0) await this.store(this.take());
  }

  private take(): Waiting<Item, Outcome>[] {
    let count = 0;
    let size = 0;
    for (const { items } of this.waiting) {
      if (count > 0 && size + items.length > this.limits.most) break;
      size += items.length;
      count += 1;
    }
    this.waitingItems -= size;
    return this.waiting.splice(0, count);
  }

  /** What cannot be stored is found by halves, so that one request never takes the others with it. */
  private async store(group: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.commit(group.flatMap(({ items }) => items));
      let from = 0;
      for (const { items, resolve } of group) resolve(outcomes.slice(from, (from += items.length)));
    } catch (error) {
      if (group.length === 1 || this.isOutage(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const half = Math.ceil(group.length / 2);
      await this.store(group.slice(0, half));
      await this.store(group.slice(half));
    }
  }
}
