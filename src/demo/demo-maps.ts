/** How the generated files are read: the same maps that a user would write (see customers/import/map-file.ts). */

const PROOF = {
  actor: 'import',
  actorName: 'demo webshop',
  method: 'web_form',
  controller: 'Voorbeeld & Co',
  jurisdiction: 'NL',
  wordingVersion: '2024-01',
  wording: 'Yes, send me mail about this. I can stop it at any time.',
  formVersion: 'checkout-3',
  captureUrl: 'https://shop.voorbeeld.example/checkout',
};

/** Double opt-in for everybody: most of these people live where the strictest country profile holds. */
const consents = (purpose: string) => [
  { purpose, event: 'given', at: 'given_at', when: { column: 'consent', values: ['confirmed', 'unconfirmed', 'withdrawn'] }, proof: PROOF },
  { purpose, event: 'confirmed', at: 'confirmed_at', when: { column: 'consent', values: ['confirmed', 'withdrawn'] }, proof: { ...PROOF, method: 'confirm_page' }, evidence: { confirmedAt: 'confirmed_at' } },
  { purpose, event: 'withdrawn', at: 'withdrawn_at', when: { column: 'consent', values: ['withdrawn'] }, proof: { actor: 'self', method: 'preference_page' } },
];

export const BUSINESS_CONTACTS_MAP = {
  kind: 'contacts',
  fields: {
    email: 'email',
    first_name: 'first_name',
    last_name: 'last_name',
    job_title: 'job_title',
    account: 'account',
    role: 'role',
    country: 'country',
    time_zone: 'time_zone',
    language: 'language',
    lifecycle_stage: 'lifecycle_stage',
  },
  consents: [...consents('product_updates'), ...consents('account_advice')],
};

export const CONSUMER_DETAILS_MAP = {
  kind: 'contacts',
  fields: {
    external_id: { template: 'consumer-{id}' },
    email: 'email',
    first_name: 'first_name',
    language: 'language',
    country: 'country',
    lifecycle_stage: 'lifecycle_stage',
  },
  consents: consents('newsletter'),
};

export const EVENTS_MAP = {
  kind: 'events',
  fields: {
    email: 'email',
    name: 'name',
    occurred_at: 'occurred_at',
    idempotency_key: 'key',
    'properties.page': 'page',
    'properties.amount': { column: 'amount', type: 'number' },
  },
};
