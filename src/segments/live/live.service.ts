import { Injectable } from '@nestjs/common';
import type { Scope } from '../../core/rule/rule.js';
import { Clock } from '../../platform/clock/clock.js';
import { Sql } from '../../platform/database/sql.js';
import { BuildService } from './build.service.js';
import { isAnybodyMarked, markDueChecks } from './dirty.queries.js';
import { EvaluationService } from './evaluation.service.js';
import { type Reconciled, ReconcileService } from './reconcile.service.js';

const SCOPES: readonly Scope[] = ['account', 'contact'];
const CHECKS_AT_ONCE = 5_000;

/** Keeps every segment's members up to date: new rules, changed people, time that passes. */
@Injectable()
export class LiveService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly builds: BuildService,
    private readonly evaluation: EvaluationService,
    private readonly reconciliation: ReconcileService,
  ) {}

  /** Fills new and changed segments. */
  build(): Promise<{ built: number; waiting: number }> {
    return this.builds.buildPending();
  }

  /** Compares the segment whose turn it is with its rule; undefined when none is due. */
  reconcile(): Promise<Reconciled | undefined> {
    return this.reconciliation.reconcileNext();
  }

  /** Whoever's answer may have changed because time passed is marked. */
  async markDue(): Promise<number> {
    let marked = 0;
    for (const scope of SCOPES) marked += await markDueChecks(this.sql, scope, this.clock.now(), CHECKS_AT_ONCE);
    return marked;
  }

  /** One batch of marked accounts and one of marked contacts; gives how many marks were worked off. After one of half of the slots that found nothing the next looks at all. */
  async evaluate(): Promise<number> {
    let done = 0;
    for (const scope of SCOPES) done += await this.evaluation.evaluate(scope);
    return done;
  }

  /** Works off all marks there are. */
  async evaluateMarked(): Promise<void> {
    while (await isAnybodyMarked(this.sql)) if ((await this.evaluate()) === 0 && (await this.evaluate()) === 0) return;
  }

  /** Goes on until nothing is left to do: for whoever cannot wait for the rounds, as tests. */
  async settle(): Promise<void> {
    for (;;) {
      const { built, waiting } = await this.build();
      const moved = built + (await this.markDue()) + ((await this.evaluate()) || (await this.evaluate()));
      if (moved === 0 && waiting === 0) return;
      if (moved === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
