import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CONSENT_EVENTS, type ConsentProof, consentProof } from '../core/consent/consent-event.js';
import { missingEvidence } from '../core/consent/evidence.js';
import { truncateIp } from '../core/consent/truncate-ip.js';
import { CONSENT_CHANNELS } from '../core/consent/consent-scope.js';
import { LEGAL_BASES } from '../core/consent/purpose.js';
import { Clock } from '../platform/clock/clock.js';
import { Caller, CallerUser } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { ConsentService, type PersonConsents } from './consent.service.js';
import { sha256 } from './hash-chain.js';
import type { EntryProblem } from './ledger-batch.js';
import { LedgerService, type ReadTimelineRow } from './ledger.service.js';
import { PurposesService } from './purposes.service.js';
import { TextsService } from './texts/texts.service.js';

const contactId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const everything = '*';

const entryInput = z
  .strictObject({
    /** A purpose's key; '*' with the event objected: the objection to direct marketing as a whole. */
    purpose: z.string().min(1).max(63),
    /** The mail, or a consent of its own beside it: individual opens or clicks, or art. 9 data. */
    channel: z.enum(CONSENT_CHANNELS).default('email'),
    event: z.enum(CONSENT_EVENTS),
    occurredAt: moment.optional(),
    validUntil: moment.nullable().default(null),
    legalBasis: z.enum(LEGAL_BASES).optional(),
    /** Of `truncatedIp` only the first 24 (IPv4) or 48 (IPv6) bits are kept, also when the whole address is sent. */
    proof: consentProof,
  })
  .refine((entry) => entry.purpose !== everything || entry.event === 'objected', { path: ['purpose'], message: 'only an objection can be to everything' })
  .refine((entry) => entry.proof.truncatedIp === undefined || truncateIp(entry.proof.truncatedIp) !== undefined, { path: ['proof', 'truncatedIp'], message: 'must be an IP address' });

const REFUSALS: Record<EntryProblem, { status: number; type: string; title: string }> = {
  contact_missing: { status: 404, type: 'not-found', title: 'There is no such contact.' },
  purpose_unknown: { status: 422, type: 'purpose-unknown', title: 'There is no such purpose.' },
  in_future: { status: 422, type: 'consent-in-future', title: 'This is said to happen after now. Leave occurredAt out for something that happens at this moment.' },
  validity_over: { status: 422, type: 'consent-validity-over', title: 'The validity ends before it begins.' },
  wording_hash_mismatch: { status: 422, type: 'wording-hash-mismatch', title: 'The hash is not the SHA-256 of this wording in UTF-8.' },
  repeated: { status: 409, type: 'consent-recorded-already', title: 'The ledger holds exactly this already.' },
};

@ApiTags('Consent')
@Controller('api/v1/contacts/:id/consents')
export class ContactConsentsController {
  constructor(
    private readonly consent: ConsentService,
    private readonly ledger: LedgerService,
    private readonly purposes: PurposesService,
    private readonly texts: TextsService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Scopes('consents:read')
  @Reaches({ contact: 'id' })
  @Documented({ summary: 'What a person agreed to: how it stands now, and the ledger with its proof, newest first', query: pageQuery })
  async timeline(@Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const { limit, cursor } = parse(pageQuery, query);
    const [before] = decodeCursor(z.tuple([z.number().int()]), cursor) ?? [2_147_483_647];
    const known = await this.consent.load(parse(contactId, id));
    if (!known) throw notFound('contact', id);
    const { items, next } = pageOf(await this.ledger.timeline(known.person.contact_id, before, limit + 1), limit, (row) => [row.sequence]);
    return { ...standing(known), items: items.map(recordView), next };
  }

  @Post()
  @Scopes('consents:write')
  @Documented({ summary: 'Write down what a person said, with its proof', body: entryInput })
  async record(@Param('id') id: string, @Body() body: unknown, @Caller() actor: string, @CallerUser() colleague: number | undefined): Promise<unknown> {
    const { purpose: key, legalBasis, ...input } = parse(entryInput, body);
    if (colleague !== undefined && input.proof.actor === 'self' && YES.has(input.event)) throw new ProblemError(NOT_HIMSELF);
    const known = await this.consent.load(parse(contactId, id));
    if (!known) throw notFound('contact', id);
    const holder = known.person.contact_id;
    const truncatedIp = input.proof.truncatedIp === undefined ? undefined : truncateIp(input.proof.truncatedIp);
    const given = { ...input.proof, ...(truncatedIp !== undefined && { truncatedIp }) };
    if (key === everything) {
      await this.consent.objectToAll(holder, given, actor);
      return standing((await this.consent.load(holder)) ?? known);
    }
    const purpose = await this.purposes.get(key);
    if (!purpose) throw new ProblemError({ ...REFUSALS.purpose_unknown, detail: `"${key}" is not in the register of purposes.` });
    const basis = legalBasis ?? purpose.legalBasis;
    if ([given.sentAt, given.confirmedAt].some((moment) => moment !== undefined && new Date(moment) > this.clock.now())) throw new ProblemError(REFUSALS.in_future);
    if (missingEvidence(input.event, basis, given).includes('confirmation')) throw new ProblemError(UNCONFIRMED);
    const proof = { policyVersion: known.policyVersion, ...(await this.withPublished(given, key, input.channel)) };
    const recorded = await this.consent.record({ ...input, contactId: holder, purpose: key, legalBasis: basis, proof }, actor);
    if (!recorded.ok) throw new ProblemError(REFUSALS[recorded.error.kind]);
    const { sequence, recordId, occurredAt, suppressedBy } = recorded.value;
    // A colleague's or an import's yes does not lift what the person once switched off himself: the answer says so.
    return { sequence, recordId, occurredAt, suppressedBy };
  }

  /** A version that was published here brings the digest of its text; what was said to have been shown must be that text. */
  private async withPublished(proof: ConsentProof, purpose: string, channel: string): Promise<ConsentProof> {
    const wording = proof.wordingVersion === undefined ? undefined : await this.texts.named(proof.wordingVersion);
    if (!wording) return proof; // a version of another system
    const shown = wording.texts[proof.language ?? 'nl'] ?? wording.texts.nl ?? wording.texts.en;
    const said = proof.wordingHash ?? (proof.wording === undefined ? undefined : sha256(proof.wording).toString('hex'));
    if (wording.purpose !== purpose || wording.channel !== channel) throw new ProblemError({ status: 422, type: 'wording-other-subject', title: `"${proof.wordingVersion}" is a text about ${wording.purpose}, ${wording.channel}.` });
    if (said !== undefined && said !== shown?.sha256) throw new ProblemError({ status: 422, type: 'wording-hash-mismatch', title: `This is not the text of "${proof.wordingVersion}".` });
    return { ...proof, ...(shown && { wordingHash: shown.sha256 }) };
  }
}

const YES: ReadonlySet<string> = new Set(['given', 'confirmed', 're_confirmed']);
/** The person's own yes lifts his earlier no, so nobody gives it in his place. A no is taken from whoever brings it. */
const NOT_HIMSELF = {
  status: 422, type: 'actor-is-colleague', title: 'A colleague writes down what somebody else said: proof.actor is "agent".', errors: [{ path: 'proof.actor', message: 'must be "agent" for a key of a colleague' }],
  detail: 'His own yes comes from himself: by the preference page behind the link in any mail, by a form, or by another system with a key of its own.',
};

/** A confirmation is an act of the person that left a trace; an entry in a list is none. */
const UNCONFIRMED = {
  status: 422, type: 'confirmation-unproven', title: 'A confirmation needs its proof: proof.confirmedAt, or proof.doubleOptInTokenId.',
  detail: 'Has the person not confirmed? Record "given", and ask him by POST /api/v1/opt-in-requests.',
};

function standing(known: PersonConsents): Record<string, unknown> {
  return {
    current: known.consents.map((row) => ({
      purpose: row.purpose, channel: row.channel, state: row.state, legalBasis: row.legal_basis, givenAt: row.given_at, confirmedAt: row.confirmed_at, endedAt: row.ended_at,
      validUntil: row.valid_until, evidenceComplete: row.evidence_complete, sequence: row.sequence,
    })),
    suppressions: known.suppressions.map((row) => ({ reason: row.reason, purpose: row.purpose === '' ? null : row.purpose, suppressedAt: row.suppressed_at, endsAt: row.ends_at, source: row.source })),
  };
}

function recordView(row: ReadTimelineRow): Record<string, unknown> {
  return {
    sequence: row.sequence, recordId: row.record_id, purpose: row.purpose, channel: row.channel, event: row.event, occurredAt: row.occurred_at, recordedAt: row.recorded_at,
    validUntil: row.valid_until, legalBasis: row.legal_basis, proof: row.proof, hash: row.hash.toString('hex'),
  };
}
