import { Injectable } from '@nestjs/common';
import { type Register, type RegisterFacts, registerFacts } from '../../core/privacy/register.js';
import { Clock } from '../../platform/clock/clock.js';
import { readSetting, type Setting, writeSetting } from '../../platform/database/settings.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { AuditService } from '../audit.service.js';
import { readRecipients, readRegister } from './register.queries.js';

const FACTS: Setting = { owner: 'register', key: 'register' };

/** The register of processing (GDPR art. 30), made from what is in use at this moment: it cannot be out of date. */
@Injectable()
export class RegisterService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
  ) {}

  async read(): Promise<Register> {
    const facts = registerFacts.safeParse((await readSetting(this.sql, FACTS)) ?? {});
    return { facts: facts.success ? facts.data : registerFacts.parse({}), recipients: await readRecipients(this.sql), entries: await readRegister(this.sql) };
  }

  async replaceFacts(facts: RegisterFacts, actor: string): Promise<RegisterFacts> {
    const now = this.clock.now();
    await this.sql.transaction(async (sql) => {
      await writeSetting(sql, FACTS, facts, actor, now);
      await this.audit.record(sql, { actor, action: 'register.changed', subjectType: 'settings', subjectId: 'register', details: { ...facts } }, now);
    });
    return facts;
  }
}
