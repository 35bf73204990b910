import { Body, Controller, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { assertNever } from '../core/shared/assert-never.js';
import type { Reach } from '../core/shared/reach.js';
import { Caller, CallerReach } from '../platform/http/caller.js';
import { Documented } from '../platform/http/documented.js';
import { decodeCursor, pageOf, pageQuery } from '../platform/http/page.js';
import { parse } from '../platform/http/parse.js';
import { notFound, ProblemError } from '../platform/http/problem.js';
import { ReadsPeople } from '../platform/http/reads-people.js';
import { Reaches, Scopes } from '../platform/http/scopes.js';
import { contactChange, contactInput } from './contact-input.js';
import { type ContactDetails, type ContactProblem, ContactsService } from './contacts.service.js';
import type { ContactRow } from './contacts.queries.js';
import { fieldInput } from './field-input.js';
import { ContactsTableService } from './table/contacts-table.service.js';
import { tableCursor, tableQuery } from './table/read-table.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const listQuery = pageQuery.extend({ ...tableQuery.shape, cursor: z.string().max(16_000).optional(), email: fieldInput('email').optional(), externalId: z.string().min(1).max(500).optional(), accountId: id.optional() });

@ApiTags('Contacts')
@Controller('api/v1/contacts')
export class ContactsController {
  constructor(
    private readonly contacts: ContactsService,
    private readonly table: ContactsTableService,
  ) {}

  @Get()
  @Scopes('contacts:read')
  @Reaches('limits itself')
  @ReadsPeople('contacts')
  @Documented({
    summary: 'The table of contacts. `sort`: any attribute, `-` before it for descending, no value last. `filter`: JSON list of attribute conditions as in rules. `q`: beginnings of names or of the address. `total` comes with the first page. Or find one by address or external id.',
    query: listQuery,
  })
  async list(@Query() query: unknown, @CallerReach() reach: Reach): Promise<unknown> {
    const { limit, cursor, sort, filter, q: search, ...finding } = parse(listQuery, query);
    const page = await this.table.read({ sort, filter, search }, { ...finding, reach }, decodeCursor(tableCursor, cursor), limit);
    if (!page.ok) throw new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: page.error });
    const { items, next } = pageOf(page.value.rows, limit, ({ place }) => [place.value, place.id]);
    return { items: items.map(({ row }) => contactView(row)), next, ...(page.value.total && { total: page.value.total }) };
  }

  @Get(':id')
  @Scopes('contacts:read')
  @Reaches({ contact: 'id' })
  @Documented({ summary: 'One contact with identities, account, roles in buying groups, and provenance' })
  async one(@Param('id') contactId: string): Promise<unknown> {
    return this.viewOf(parse(id, contactId));
  }

  @Post()
  @Scopes('contacts:write')
  @Documented({ summary: 'Add a contact, or add to the one with this address, external_id or user_id (200). Fields have the names that rules and templates use.', body: contactInput })
  async save(@Body() body: unknown, @Caller() actor: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const result = await this.contacts.save(parse(contactInput, body), actor);
    if (!result.ok) throw problemOf(result.error);
    void reply.status(result.value.created ? 201 : 200);
    return this.viewOf(result.value.contactId);
  }

  @Patch(':id')
  @Scopes('contacts:write')
  @Documented({ summary: 'Change a contact: null removes a field, what is not named stays. Another account takes along what is on its way.', body: contactChange })
  async change(@Param('id') contactId: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const result = await this.contacts.change(parse(id, contactId), parse(contactChange, body), actor);
    if (!result.ok) throw result.error.kind === 'missing' ? notFound('contact', contactId) : problemOf(result.error);
    return this.viewOf(result.value.contactId);
  }

  private async viewOf(contactId: number): Promise<unknown> {
    const details = await this.contacts.get(contactId);
    if (!details) throw notFound('contact', contactId);
    return detailsView(details);
  }
}

function problemOf(problem: ContactProblem): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return new ProblemError({ status: 404, type: 'not-found', title: 'There is no such contact.' });
    case 'erased':
      return new ProblemError({ status: 409, type: 'legal-erased', title: 'The person with this address asked to be erased.', detail: 'When he asks to come back, lift the suppression "erased" of this address first, with requestedByPerson.' });
    case 'identity_conflict':
      return new ProblemError({ status: 409, type: 'identity-conflict', title: 'These identities do not belong to one contact.', detail: problem.detail });
    case 'account_unknown':
      return new ProblemError({ status: 422, type: 'account-unknown', title: problem.matches === 0 ? 'There is no such account.' : 'Several accounts have this domain: name the account in another way.' });
    case 'purpose_unknown':
      return new ProblemError({ status: 422, type: 'purpose-unknown', title: 'There is no such purpose to collect data for.', errors: problem.unknown.map((purpose) => ({ path: 'provenance.purposes', message: `"${purpose}" does not exist` })) });
    case 'attributes_invalid':
      return new ProblemError({ status: 422, type: 'invalid-input', title: 'The request cannot be used as it is.', errors: problem.problems });
    default:
      return assertNever(problem);
  }
}

export function contactView(row: ContactRow): Record<string, unknown> {
  return {
    id: row.contact_id,
    email: row.email,
    address_state: row.address_state,
    first_name: row.first_name,
    last_name: row.last_name,
    language: row.language,
    country: row.country,
    city: row.city,
    time_zone: row.time_zone,
    phone: row.phone,
    job_title: row.job_title,
    birth_date: row.birth_date,
    lifecycle_stage: row.lifecycle_stage,
    orders: { count: row.orders_count, value: row.orders_value, firstAt: row.first_order_at, lastAt: row.last_order_at },
    rfm: { recency: row.rfm_recency, frequency: row.rfm_frequency, monetary: row.rfm_monetary, class: row.rfm_class },
    attributes: row.attributes,
    account: row.account_id === null ? null : { id: row.account_id, name: row.account_name },
    provenance: { source: row.source, sourceAt: row.source_at, noticeVersion: row.notice_version, purposes: row.collected_for, importId: row.import_id },
    restrictedAt: row.restricted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function detailsView({ contact, identities, roles }: ContactDetails): Record<string, unknown> {
  return {
    ...contactView(contact),
    identities: identities.map(({ kind, value }) => ({ kind, value })),
    roles: roles.map((role) => ({ account: { id: role.account_id, name: role.account_name }, role: role.role, source: role.source, confidence: role.confidence, since: role.valid_from })),
  };
}
