import type { LegalBasis, MessageClass, Purpose, PurposeInput } from '../core/consent/purpose.js';
import type { Sql } from '../platform/database/sql.js';

interface PurposeRow {
  purpose: string;
  name_nl: string;
  name_en: string;
  description_nl: string;
  description_en: string;
  frequency_nl: string;
  frequency_en: string;
  legal_basis: LegalBasis;
  message_class: MessageClass;
  channels: string[];
  double_opt_in: boolean;
  retention_days: number;
  balancing_assessment: string | null;
  valid_until: Date | null;
  retired_at: Date | null;
}

const COLUMNS = `purpose, name_nl, name_en, description_nl, description_en, frequency_nl, frequency_en, legal_basis, message_class, channels, double_opt_in, retention_days,
  balancing_assessment, valid_until, retired_at`;

export async function readPurposes(sql: Sql): Promise<Purpose[]> {
  return (await sql.many<PurposeRow>('consent.readPurposes', `select ${COLUMNS} from purposes order by created_at, purpose`)).map(purposeOf);
}

/** Undefined when the key is taken. */
export async function insertPurpose(sql: Sql, input: PurposeInput, now: Date): Promise<Purpose | undefined> {
  const row = await sql.maybe<PurposeRow>(
    'consent.insertPurpose',
    `insert into purposes (purpose, name_nl, name_en, description_nl, description_en, frequency_nl, frequency_en, legal_basis, message_class, channels, double_opt_in, retention_days,
       balancing_assessment, valid_until, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) on conflict (purpose) do nothing returning ${COLUMNS}`,
    values(input, now),
  );
  return row && purposeOf(row);
}

export async function updatePurpose(sql: Sql, input: PurposeInput, now: Date): Promise<Purpose | undefined> {
  const row = await sql.maybe<PurposeRow>(
    'consent.updatePurpose',
    `update purposes set name_nl = $2, name_en = $3, description_nl = $4, description_en = $5, frequency_nl = $6, frequency_en = $7, legal_basis = $8, message_class = $9, channels = $10,
       double_opt_in = $11, retention_days = $12, balancing_assessment = $13, valid_until = $14, updated_at = $15
     where purpose = $1 returning ${COLUMNS}`,
    values(input, now),
  );
  return row && purposeOf(row);
}

export async function retirePurpose(sql: Sql, key: string, now: Date): Promise<Purpose | undefined> {
  const row = await sql.maybe<PurposeRow>(
    'consent.retirePurpose',
    `update purposes set retired_at = coalesce(retired_at, $2), updated_at = $2 where purpose = $1 returning ${COLUMNS}`,
    [key, now],
  );
  return row && purposeOf(row);
}

/** One purpose, kept from changing until the transaction ends. */
export async function lockPurpose(sql: Sql, key: string): Promise<Purpose | undefined> {
  const row = await sql.maybe<PurposeRow>('consent.lockPurpose', `select ${COLUMNS} from purposes where purpose = $1 for no key update`, [key]);
  return row && purposeOf(row);
}

function values(input: PurposeInput, now: Date): unknown[] {
  return [
    input.key, input.name.nl, input.name.en, input.description.nl, input.description.en, input.frequency.nl, input.frequency.en, input.legalBasis, input.messageClass, input.channels,
    input.doubleOptIn, input.retentionDays, input.balancingAssessment, input.validUntil, now,
  ];
}

function purposeOf(row: PurposeRow): Purpose {
  return {
    key: row.purpose,
    name: { nl: row.name_nl, en: row.name_en },
    description: { nl: row.description_nl, en: row.description_en },
    frequency: { nl: row.frequency_nl, en: row.frequency_en },
    legalBasis: row.legal_basis,
    messageClass: row.message_class,
    channels: row.channels,
    doubleOptIn: row.double_opt_in,
    retentionDays: row.retention_days,
    balancingAssessment: row.balancing_assessment,
    validUntil: row.valid_until,
    retiredAt: row.retired_at,
  };
}
