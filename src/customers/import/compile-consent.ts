import { consentProof, type ConsentProof } from '../../core/consent/consent-event.js';
import { type MissingEvidence, missingEvidence } from '../../core/consent/evidence.js';
import type { LegalBasis } from '../../core/consent/purpose.js';
import type { RowTrouble, SourceReader } from './compile-source.js';
import type { FieldType } from './import-fields.js';
import type { ConsentSource } from './map-file.js';

/** What a row says of one of the map's consents. What is the same for every row (purpose, wording …) stays in the map: staged with each row it is most of what an import reads and holds. */
export interface RowConsent {
  /** Which of the map's consents it is. */
  readonly of: number;
  readonly at: string;
  readonly validUntil?: string;
  /** What the row adds to the map's proof. */
  readonly evidence?: Partial<ConsentProof>;
}

/** What a column of the file may prove of each person's consent, and how its cells are read. */
export const EVIDENCE_FIELDS = {
  wording: 'text', wordingVersion: 'line', wordingHash: 'line', noticeVersion: 'line', formVersion: 'line', captureUrl: 'line', truncatedIp: 'line', userAgentHash: 'line', language: 'language',
  doubleOptInTokenId: 'line', sentAt: 'timestamp', confirmedAt: 'timestamp', similarProducts: 'boolean', optOutOffered: 'boolean', note: 'line',
} as const satisfies Partial<Record<keyof ConsentProof, FieldType>>;
export type EvidenceField = keyof typeof EVIDENCE_FIELDS;

const LACKS: Record<MissingEvidence, string> = {
  controller: 'to whom (proof.controller)',
  wording: 'to which words (wording, wordingVersion or wordingHash)',
  confirmation: 'that it was confirmed (a column with confirmedAt or doubleOptInTokenId)',
};
const MOMENTS: readonly string[] = ['sentAt', 'confirmedAt'];
const CHECKED_ALREADY: readonly string[] = [...MOMENTS, 'similarProducts', 'optOutOffered', 'language'];

/** One consent of the map, ready to read rows. */
export interface ConsentReader {
  readonly index: number;
  readonly source: ConsentSource;
  readonly at: SourceReader;
  readonly validUntil: SourceReader | undefined;
  readonly evidence: readonly { readonly field: EvidenceField; readonly read: SourceReader }[];
  readonly applies: (cells: readonly string[]) => boolean;
}

export interface ConsentTerms {
  /** ISO text of the moment of the import: nothing can have happened after it. */
  readonly now: string;
  readonly basisOf: (purpose: string) => LegalBasis;
}

/** The consents of a row as JSON for staging; null without any. A yes without its evidence refuses the row, and says what is missing. */
export function consentJson(consents: readonly ConsentReader[], cells: readonly string[], terms: ConsentTerms, trouble: RowTrouble): string | null {
  const entries: RowConsent[] = [];
  for (const reader of consents) {
    if (!reader.applies(cells)) continue;
    const entry = readConsent(reader, cells, terms, trouble);
    if (entry) entries.push(entry);
  }
  return entries.length === 0 ? null : JSON.stringify(entries);
}

function readConsent({ index, source, at, validUntil, evidence }: ConsentReader, cells: readonly string[], { now, basisOf }: ConsentTerms, trouble: RowTrouble): RowConsent | undefined {
  const before = trouble.problems.length;
  const problem = (text: string): void => void trouble.problems.push(`consent for ${source.purpose}: ${text}`);
  const moment = at(cells, trouble);
  const until = validUntil?.(cells, trouble);
  const added = evidenceOf(source, evidence, cells, trouble, problem);
  const proof = { ...source.proof, ...added };
  if (trouble.problems.length > before) return undefined;
  if (typeof moment !== 'string') {
    problem('its moment is empty');
    return undefined;
  }
  for (const [what, when] of [['', moment], ...MOMENTS.map((field) => [`${field} `, proof[field as 'sentAt']])] as const) {
    if (when !== undefined && new Date(when).toISOString() > now) problem(`${what}${when} is in the future`);
  }
  const missing = missingEvidence(source.event, basisOf(source.purpose), proof);
  if (missing.length > 0) problem(`the evidence does not say ${missing.map((one) => LACKS[one]).join(', nor ')}`);
  if (typeof until === 'string' && until <= moment) problem(`it ends (${until}) before it begins`);
  return { of: index, at: moment, ...(typeof until === 'string' && { validUntil: until }), ...(added && { evidence: added }) };
}

/** What the row adds to the map's proof; undefined where it adds nothing. */
function evidenceOf(source: ConsentSource, evidence: ConsentReader['evidence'], cells: readonly string[], trouble: RowTrouble, problem: (text: string) => void): Partial<ConsentProof> | undefined {
  const read = evidence.flatMap(({ field, read: value }) => {
    const found = value(cells, trouble);
    return found === undefined ? [] : [[field, found] as const];
  });
  if (read.length === 0) return undefined;
  const added = Object.fromEntries(read) as Partial<ConsentProof>;
  if (read.every(([field]) => CHECKED_ALREADY.includes(field))) return added;
  const parsed = consentProof.safeParse({ ...source.proof, ...added });
  if (parsed.success) return Object.fromEntries(read.map(([field]) => [field, parsed.data[field]]));
  for (const issue of parsed.error.issues) problem(`${issue.path.map(String).join('.')} ${issue.message}`);
  return added;
}
