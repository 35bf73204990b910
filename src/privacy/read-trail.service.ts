import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from './audit.service.js';

const FLUSH_AFTER_MS = 5_000;

/** Reads of personal data in bulk, gathered: one entry for all the pages somebody turned within some seconds, so that a page costs nothing more. */
@Injectable()
export class ReadTrailService implements OnModuleDestroy {
  private readonly logger = new Logger('audit');
  private readonly reads = new Map<string, { actor: string; subjectType: string; subjectId: string | undefined; asked: string; people: number; pages: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  /** Of routes: the decorator `@ReadsPeople` says it. `asked`: by which filters, their names only; values could be addresses. */
  note(actor: string, subjectType: string, subjectId: string | undefined, people: number, asked: readonly string[] = []): void {
    if (people === 0) return;
    const key = JSON.stringify([actor, subjectType, subjectId, asked]);
    const known = this.reads.get(key) ?? { actor, subjectType, subjectId, asked: asked.join(', '), people: 0, pages: 0 };
    this.reads.set(key, { ...known, people: known.people + people, pages: known.pages + 1 });
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const entries = [...this.reads.values()].map(({ actor, subjectType, subjectId, asked, people, pages }) => ({ actor, action: 'people.read', subjectType, subjectId, details: { people, pages, ...(asked !== '' && { asked }) } }));
    this.reads.clear();
    try {
      await this.audit.record(this.sql, entries, this.clock.now());
    } catch (error) {
      this.logger.error(error, `${entries.length} reads of people could not be written into the trail`);
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }
}
