interface Run {
  readonly done: Promise<void>;
  begun: boolean;
}

/**
 * For work that does the same however often it is asked for: one run of a key at a time, and whoever asks while it runs shares the next one. Each is served by
 * a run that began after he asked, so that nothing he meant is missed; however many ask at once, it costs two runs.
 */
export class SharedRun {
  private readonly latest = new Map<string, Run>();

  of(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.latest.get(key);
    if (before && !before.begun) return before.done;
    const run: Run = { done: this.after(before, () => this.begin(key, run, work)), begun: false };
    this.latest.set(key, run);
    return run.done;
  }

  private async after(before: Run | undefined, begin: () => Promise<void>): Promise<void> {
    // How it ended is the business of those who waited for it. Without one before it, this lets the caller note the run first.
    await before?.done.catch(() => undefined);
    await begin();
  }

  private async begin(key: string, run: Run, work: () => Promise<void>): Promise<void> {
    run.begun = true;
    try {
      await work();
    } finally {
      if (this.latest.get(key) === run) this.latest.delete(key);
    }
  }
}
