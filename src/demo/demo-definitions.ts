import type { z } from 'zod';
import type { purposeInput } from '../core/consent/purpose.js';

/** What the demo company set up: why it mails, whom, and when. Everything here is made through the services that the API uses. */

export const DEMO_PURPOSES: readonly z.input<typeof purposeInput>[] = [
  {
    key: 'newsletter',
    name: { nl: 'Nieuwsbrief', en: 'Newsletter' },
    description: { nl: 'Nieuws, recepten en aanbiedingen.', en: 'News, recipes and offers.' },
    frequency: { nl: 'eens per maand', en: 'once a month' },
    legalBasis: 'consent',
    doubleOptIn: true,
    retentionDays: 730,
  },
  {
    key: 'product_updates',
    name: { nl: 'Productnieuws', en: 'Product updates' },
    description: { nl: 'Antwoord op wat u bij ons bekeek.', en: 'An answer to what you looked at.' },
    frequency: { nl: 'af en toe', en: 'now and then' },
    legalBasis: 'consent',
    doubleOptIn: true,
    retentionDays: 730,
  },
  {
    key: 'account_advice',
    name: { nl: 'Advies voor uw organisatie', en: 'Advice for your organisation' },
    description: { nl: 'Van uw vaste contactpersoon.', en: 'From your own account manager.' },
    frequency: { nl: 'hooguit enkele keren per jaar', en: 'a few times a year at most' },
    legalBasis: 'consent',
    doubleOptIn: true,
    retentionDays: 730,
  },
];

const viewedPricing = (times: number, days: number) => ({
  kind: 'event',
  event: 'Page Viewed',
  count: { operator: 'at_least', value: times },
  within: { kind: 'last_days', days },
  where: [{ property: 'page', operator: 'equals', value: 'pricing' }],
});

export const DEMO_SEGMENTS = [
  {
    key: 'wine-lovers',
    name: 'Wine lovers',
    scope: 'contact',
    rule: {
      kind: 'all',
      conditions: [
        { kind: 'attribute', attribute: 'spent_wine', operator: 'at_least', value: 300 },
        { kind: 'event', event: 'Order Completed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 365 } },
      ],
    },
  },
  {
    key: 'warm-leads',
    name: 'Warm leads',
    scope: 'contact',
    rule: {
      kind: 'all',
      conditions: [{ kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' }, viewedPricing(2, 30)],
    },
  },
  {
    key: 'warm-leads-at-large-accounts',
    name: 'Warm leads at large accounts',
    scope: 'contact',
    rule: {
      kind: 'all',
      conditions: [
        { kind: 'segment', operator: 'in', segment: 'warm-leads' },
        { kind: 'account', rule: { kind: 'attribute', attribute: 'employees', operator: 'at_least', value: 3000 } },
      ],
    },
  },
  {
    key: 'growing-accounts',
    name: 'Growing accounts whose buying group looks at prices',
    scope: 'account',
    rule: {
      kind: 'all',
      conditions: [
        { kind: 'attribute', attribute: 'won_opportunities', operator: 'at_least', value: 40 },
        { kind: 'attribute', attribute: 'open_opportunities', operator: 'at_least', value: 1 },
        { kind: 'people', count: { operator: 'at_least', value: 1 }, role: 'any', rule: viewedPricing(1, 30) },
      ],
    },
  },
] as const;

export const DEMO_CAMPAIGNS = [
  {
    key: 'june-newsletter',
    name: 'June newsletter',
    definition: {
      audience: { scope: 'contact', segment: 'wine-lovers' },
      entry: { kind: 'now' },
      purpose: 'newsletter',
      messageClass: 'marketing',
      sender: 'workspace',
      steps: [{ kind: 'send', template: 'newsletter' }],
      timeToLiveHours: 72,
    },
  },
  {
    key: 'lead-follow-up',
    name: 'Follow-up of warm leads',
    definition: {
      audience: { scope: 'contact', segment: 'warm-leads' },
      entry: { kind: 'now' },
      purpose: 'product_updates',
      messageClass: 'marketing',
      sender: 'workspace',
      steps: [
        { kind: 'send', template: 'lead-follow-up-1' },
        { kind: 'wait', days: 2 },
        { kind: 'exit_on_event', event: 'Demo Requested', since: 'entry' },
        { kind: 'send', template: 'lead-follow-up-2' },
      ],
      timeToLiveHours: 72,
      priority: 70, // who showed interest is waiting for it; the newsletter can wait
    },
  },
  {
    key: 'growth-play',
    name: 'Growth play: advice per account',
    definition: {
      audience: { scope: 'account', segment: 'growing-accounts', roles: ['decider', 'influencer', 'user'], perAccount: 3 },
      entry: { kind: 'now' },
      purpose: 'account_advice',
      messageClass: 'marketing',
      sender: 'account_owner',
      steps: [{ kind: 'send', template: 'account-play' }],
      timeToLiveHours: 72,
      priority: 80,
    },
  },
] as const;
