import type { Sql } from '../../platform/database/sql.js';

export interface SendingDomainRow {
  domain: string;
  aligned: boolean | null;
  checked_at: Date | null;
  problem: string | null;
  paused_at: Date | null;
  pause_reason: string | null;
  warm_up_started_on: string | null;
  daily_target: number | null;
  hourly_limit: number | null;
}

const SENDING = 'domain, aligned, checked_at, problem, paused_at, pause_reason, warm_up_started_on::text, daily_target, hourly_limit';

/** As many as a company owns domains: a handful. */
export function listSendingDomains(sql: Sql): Promise<SendingDomainRow[]> {
  return sql.many<SendingDomainRow & Record<string, unknown>>('sending.list', `select ${SENDING} from sending_domains order by domain`);
}

export function findSendingDomain(sql: Sql, domain: string): Promise<SendingDomainRow | undefined> {
  return sql.maybe<SendingDomainRow & Record<string, unknown>>('sending.find', `select ${SENDING} from sending_domains where domain = $1`, [domain]);
}

export async function writeSendingDomain(sql: Sql, row: SendingDomainRow): Promise<void> {
  await sql.exec(
    'sending.write',
    `insert into sending_domains (domain, aligned, checked_at, problem, paused_at, pause_reason, warm_up_started_on, daily_target, hourly_limit) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (domain) do update set aligned = excluded.aligned, checked_at = excluded.checked_at, problem = excluded.problem, paused_at = excluded.paused_at, pause_reason = excluded.pause_reason,
       warm_up_started_on = excluded.warm_up_started_on, daily_target = excluded.daily_target, hourly_limit = excluded.hourly_limit`,
    [row.domain, row.aligned, row.checked_at, row.problem, row.paused_at, row.pause_reason, row.warm_up_started_on, row.daily_target, row.hourly_limit],
  );
}

export interface SuppressedDomainRow {
  domain: string;
  reason: string;
  suppressed_at: Date;
  source: string;
}

export function listSuppressedDomains(sql: Sql, after: string, limit: number): Promise<SuppressedDomainRow[]> {
  return sql.many<SuppressedDomainRow & Record<string, unknown>>('sending.listSuppressed', 'select domain, reason, suppressed_at, source from suppressed_domains where domain > $1 order by domain limit $2', [after, limit]);
}

export async function insertSuppressedDomain(sql: Sql, row: SuppressedDomainRow): Promise<void> {
  await sql.exec('sending.suppress', 'insert into suppressed_domains (domain, reason, suppressed_at, source) values ($1, $2, $3, $4) on conflict (domain) do update set reason = excluded.reason', [row.domain, row.reason, row.suppressed_at, row.source]);
}

export function deleteSuppressedDomain(sql: Sql, domain: string): Promise<number> {
  return sql.exec('sending.unsuppress', 'delete from suppressed_domains where domain = $1', [domain]);
}
