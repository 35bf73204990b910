import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { SUPPRESSION_REASONS } from '../core/consent/suppression-reasons.js';
import { normaliseAddress } from '../core/mail/address.js';
import { Caller, CallerMay } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { ProblemError } from '../platform/http/problem.js';
import { Scopes } from '../platform/http/scopes.js';
import { type AddressHolder, isByThePerson, type LiftProblem, SuppressionsService } from './suppressions.service.js';
import type { SuppressionRow } from './suppressions.queries.js';

const email = z.string().max(320).refine((text) => normaliseAddress(text).ok, 'must be an e-mail address');
const purpose = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/).optional();
const holder = { email: email.optional(), contactId: z.number().int().positive().optional() };
const oneHolder = (input: { email?: string | undefined; contactId?: number | undefined }): boolean => (input.email === undefined) !== (input.contactId === undefined);
const topicNamed = (input: { reason: string; purpose?: string | undefined }): boolean => (input.reason === 'unsubscribed_topic') === (input.purpose !== undefined);
const ONE_HOLDER = { path: ['email'], message: 'give either email or contactId' };
const TOPIC_NAMED = { path: ['purpose'], message: 'unsubscribed_topic needs a purpose; other reasons have none' };

const listQuery = pageQuery.extend({ reason: z.enum(SUPPRESSION_REASONS).optional(), email: email.optional() });
const addInput = z
  .strictObject({
    ...holder,
    // 'erased' is written by an erasure only: it promises that the person's data is gone.
    reason: z.enum(SUPPRESSION_REASONS).exclude(['erased']).default('manual'),
    purpose,
    endsAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).nullable().default(null),
  })
  .refine(oneHolder, ONE_HOLDER)
  .refine(topicNamed, TOPIC_NAMED);
const liftInput = z
  .strictObject({
    ...holder,
    addressHash: z.string().regex(/^[0-9a-f]{64}$/).optional(),
    reason: z.enum(SUPPRESSION_REASONS),
    purpose,
    why: z.string().trim().min(3).max(500).refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters'),
    requestedByPerson: z.boolean().default(false),
  })
  .refine((input) => [input.email, input.contactId, input.addressHash].filter((one) => one !== undefined).length === 1, { path: ['email'], message: 'give one of email, contactId and addressHash' })
  .refine(topicNamed, TOPIC_NAMED);

@ApiTags('Suppressions')
@Controller('api/v1/suppressions')
export class SuppressionsController {
  constructor(private readonly suppressions: SuppressionsService) {}

  @Get()
  @Scopes('suppressions:read')
  @Documented({ summary: 'Addresses that are not mailed, newest first. Addresses are kept as keyed hashes; contactIds are the people who have them now', query: listQuery })
  async list(@Query() query: unknown): Promise<unknown> {
    const { limit, cursor, ...filter } = parse(listQuery, query);
    const after = decodeCursor(z.tuple([z.string().regex(/^\d{1,18}$/), z.string().regex(/^[0-9a-f]{64}$/), z.string(), z.string()]), cursor);
    const rows = await this.suppressions.list(filter, after, limit + 1);
    const { items, next } = pageOf(rows, limit, (row) => [row.position, row.address_hash.toString('hex'), row.reason, row.purpose]);
    return { items: items.map((row) => ({ ...view(row), contactIds: row.contact_ids })), next };
  }

  @Post()
  @Scopes('suppressions:write')
  @Documented({ summary: 'Suppress an address by hand, or carry over what another system knew', body: addInput })
  async add(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const { email: address, contactId, ...input } = parse(addInput, body);
    const added = await this.suppressions.add(holderOf(address, contactId), input, actor);
    if (!added.ok) throw problem(added.error);
    return view(added.value);
  }

  @Post('lift')
  @HttpCode(200)
  @Scopes('suppressions:write')
  @Documented({ summary: 'Lift a suppression, and say why; what the person decided for himself only when he asked for it, and then the officer does (privacy:write)', body: liftInput })
  async lift(@Body() body: unknown, @Caller() actor: string, @CallerMay('privacy:write') isOfficer: boolean): Promise<unknown> {
    const { email: address, contactId, addressHash, ...input } = parse(liftInput, body);
    if (input.requestedByPerson && isByThePerson(input.reason) && !isOfficer) throw new ProblemError(OFFICER_ONLY);
    const lifted = await this.suppressions.lift(addressHash === undefined ? holderOf(address, contactId) : { addressHash: Buffer.from(addressHash, 'hex') }, input, actor);
    if (!lifted.ok) throw problem(lifted.error);
    return { ...view(lifted.value), lifted: true };
  }
}

function holderOf(address: string | undefined, contactId: number | undefined): AddressHolder {
  return address === undefined ? { contactId: contactId ?? 0 } : { email: address };
}

function view(row: SuppressionRow): Record<string, unknown> {
  return { addressHash: row.address_hash.toString('hex'), reason: row.reason, purpose: row.purpose === '' ? null : row.purpose, suppressedAt: row.suppressed_at, endsAt: row.ends_at, source: row.source };
}

/** Whoever gains by a mail does not decide that somebody came back: his no is worth no more than the word of who may lift it. */
const OFFICER_ONLY = {
  status: 403, type: 'officer-only', title: 'Only the data protection officer lifts what a person decided for himself.',
  detail: 'It needs the scope privacy:write. The person can also come back by himself: by the preference page behind the link in any mail, or by a form.',
};

function problem({ kind }: LiftProblem): ProblemError {
  switch (kind) {
    case 'address_unknown':
      return new ProblemError({ status: 404, type: 'not-found', title: 'There is no such contact, or the contact has no address.' });
    case 'not_suppressed':
      return new ProblemError({ status: 404, type: 'not-suppressed', title: 'This address is not suppressed for that reason.' });
    case 'only_the_person':
      return new ProblemError({
        status: 409, type: 'only-the-person', title: 'The person decided this, so only the person can take it back.',
        detail: 'If he asked you to, send "requestedByPerson": true and say in "why" when and how. He can also do it himself on his preference page.',
      });
  }
}
