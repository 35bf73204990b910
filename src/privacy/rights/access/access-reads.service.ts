import { Injectable } from '@nestjs/common';
import type { AccessDocument } from '../../../core/privacy/access-document.js';
import type { LetterLanguage } from '../../../core/privacy/letter-texts.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Sql } from '../../../platform/database/sql.js';
import { AuditService } from '../../audit.service.js';
import { AccessService } from './access.service.js';

/** A colleague reads all that is kept about somebody: that is written down. */
@Injectable()
export class AccessReadsService {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly access: AccessService,
    private readonly audit: AuditService,
  ) {}

  async read(contactId: number, language: LetterLanguage, actor: string): Promise<AccessDocument | undefined> {
    const document = await this.access.collect(contactId, language);
    if (document) await this.audit.record(this.sql, { actor, action: 'privacy.access_read', subjectType: 'contact', subjectId: String(contactId) }, this.clock.now());
    return document;
  }
}
