import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnchorService } from '../../src/consent/anchor.service.js';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { PersonKeys } from '../../src/consent/person-keys.js';
import { SteppedClock } from '../../src/platform/clock/clock.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { Rhythms } from '../../src/platform/schedule/rhythms.js';
import { Secrets } from '../../src/platform/secrets.js';

/** Gone with the test file that imports this. */
const folder = mkdtempSync(join(tmpdir(), 'tactful-anchors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const LEDGER_SECRETS = new Secrets({ secret: 'a-secret-of-thirty-two-characters!' });

export interface LedgerKit {
  readonly keys: PersonKeys;
  readonly ledger: LedgerService;
  readonly check: LedgerCheckService;
  readonly anchor: AnchorService;
  readonly anchorDir: string;
  readonly clock: SteppedClock;
}

/** The ledger, its check and its anchors on a database, with a folder of anchors of its own. */
export function ledgerKit(sql: Sql, now: Date, anchorUrl?: string): LedgerKit {
  const keys = new PersonKeys(LEDGER_SECRETS);
  const clock = new SteppedClock(now);
  const anchorDir = mkdtempSync(join(folder, 'of-'));
  const anchor = new AnchorService(sql, clock, LEDGER_SECRETS, { every: () => undefined } as unknown as Rhythms, { anchorDir, anchorUrl });
  return { keys, anchor, anchorDir, clock, ledger: new LedgerService(sql, keys), check: new LedgerCheckService(sql, keys, anchor) };
}
