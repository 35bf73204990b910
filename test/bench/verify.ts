import { createApplicationContext } from '../../src/application.js';
import { AnchorService } from '../../src/consent/anchor.service.js';
import { LedgerCheckService } from '../../src/consent/ledger-check.service.js';
import { LedgerService } from '../../src/consent/ledger.service.js';
import type { ConsentEntry } from '../../src/core/consent/consent-event.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { startTemporaryPlatform } from '../support/temporary-platform.js';

const AT_ONCE = 10_000;
const NOW = new Date('2026-06-09T08:00:00Z');
const PROOF = {
  actor: 'import', method: 'web_form', controller: 'Voorbeeld B.V.', wording: 'Ja, stuur mij één keer per maand de nieuwsbrief. Ik kan me altijd weer afmelden.', noticeVersion: 'privacy-4',
  formVersion: 'kassa-3', captureUrl: 'https://voorbeeld.example/kassa',
} as const;

/**
 * The ledger with `--records` consent records (default 1,000,000), two a person: how fast an import writes them, how long an anchor of all takes, and
 * `tactful verify consent` over everything: chains, seals, states, anchors; then again with one record cut off and one state made up.
 */
export async function run(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf('--records');
  const records = at < 0 ? 1_000_000 : Number(args[at + 1]);
  if (!Number.isInteger(records) || records < 1_000) throw new Error('--records wants a whole number from 1000');
  const temporary = await startTemporaryPlatform({ TACTFUL_ROLES: 'api' });
  const app = await createApplicationContext(temporary.platform, temporary.logger);
  try {
    const { sql } = temporary.platform.database;
    const people = records / 2;
    await fill(sql, people);
    const ledger = app.get(LedgerService, { strict: false });
    const written = await timed(() => Promise.all([write(sql, ledger, 1, people >> 1), write(sql, ledger, (people >> 1) + 1, people)]));
    console.error(`written: ${Math.round(records / written)} records/s`);
    await sql.exec('bench.analyze', 'vacuum analyze consent_records, consents, person_keys');
    const anchor = app.get(AnchorService, { strict: false });
    const anchored = await timed(() => anchor.write());
    const anchoredAgain = await timed(() => anchor.write());
    const check = app.get(LedgerCheckService, { strict: false });
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
    let result: Awaited<ReturnType<typeof check.verify>> | undefined;
    const verified = await timed(async () => (result = await check.verify((done) => done % 100_000 < 2_000 && console.error(`verified: ${done} of ${records}`))));
    clearInterval(watch);
    await tamper(sql);
    const found = await check.verify();
    const size = await sql.one<{ mb: number; keys_mb: number }>('bench.size', `select pg_total_relation_size('consent_records') / 1000000 as mb, pg_total_relation_size('person_keys') / 1000000 as keys_mb`);
    return {
      records, people: result?.people, append_per_s: Math.round(records / written), anchor_s: round(anchored), anchor_again_s: round(anchoredAgain), verify_s: round(verified), verified_per_s: Math.round(records / verified),
      damaged: result?.damaged, found: found.findings.map(({ damage }) => damage), ledger_mb: size.mb, keys_mb: size.keys_mb, rss_before_mb: Math.round(before / 1e6), rss_peak_mb: Math.round(peak / 1e6),
    };
  } finally {
    await app.close();
    await temporary.remove();
  }
}

async function fill(sql: Sql, people: number): Promise<void> {
  await sql.exec('bench.purpose', `insert into purposes (purpose, name_nl, name_en, legal_basis, retention_days) values ('bench', 'Bench', 'Bench', 'consent', 365)`);
  await sql.exec(
    'bench.contacts',
    `insert into contacts (contact_id, bucket, created_at, updated_at) overriding system value select id, bucket_of(id, null), $2, $2 from generate_series(1, $1::bigint) id`,
    [people, NOW],
  );
}

/** As an import does: two batches at once, each sealed and chained while the database writes the other. */
async function write(sql: Sql, ledger: LedgerService, from: number, last: number): Promise<void> {
  for (let first = from; first <= last; first += AT_ONCE / 2) {
    if ((first - from) % 50_000 === 0) console.error(`writing: ${first - from} of ${last - from + 1} people`);
    const ids = Array.from({ length: Math.min(AT_ONCE / 2, last - first + 1) }, (_, index) => first + index);
    const entries = ids.flatMap((contactId): ConsentEntry[] => {
      const given = new Date(NOW.getTime() - (contactId % 700) * 86_400_000 - 3_600_000);
      return (['given', 'confirmed'] as const).map((event, step) => ({ contactId, purpose: 'bench', event, legalBasis: 'consent', occurredAt: new Date(given.getTime() + step * 600_000), proof: PROOF }));
    });
    await ledger.append(sql, entries, NOW);
  }
}

/** As somebody who may do everything: the end of one ledger, and the state that it came to. */
async function tamper(sql: Sql): Promise<void> {
  await sql.transaction(async (within) => {
    await within.exec('bench.off', 'alter table consent_records disable trigger user');
    await within.exec('bench.cut', 'delete from consent_records where contact_id = 7 and sequence = 2');
    await within.exec('bench.state', `update consents set state = 'given', confirmed_at = null, sequence = 1 where contact_id = 7`);
    await within.exec('bench.made', `update consents set state = 'withdrawn' where contact_id = 9`);
    await within.exec('bench.on', 'alter table consent_records enable always trigger consent_records_append_only, enable always trigger consent_records_no_truncate');
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

function round(seconds: number): number {
  return Number(seconds.toFixed(2));
}
