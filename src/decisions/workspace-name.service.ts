import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { saveWorkspaceName } from './policies.queries.js';

/**
 * Keeps the name that mail is sent under beside the policies, where the gate and its twin in SQL read both: who names it as the one who collected
 * names us. Of a command the name counts only where none is known: the application's own environment is believed.
 */
@Injectable()
export class WorkspaceNameService implements OnApplicationBootstrap {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'roles' | 'mailFrom'>,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { roles, mailFrom } = this.config;
    await saveWorkspaceName(this.sql, mailFrom.name.trim(), roles.length > 0, this.clock.now());
  }
}
