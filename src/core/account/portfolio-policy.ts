import { z } from 'zod';
import { DEFAULT_RFM_CLASSES, rfmClasses } from '../insight/rfm.js';
import { stageRules } from './stage.js';

const key = z.string().trim().min(1).max(200);
const attributeKey = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be the key of an attribute');
const host = z.string().trim().toLowerCase().regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'must be a domain such as example.com, in ASCII');

/** The rules of the portfolio as data: what an order is, who is which kind of customer, and where matching finds a company's name and numbers. */
export const portfolioPolicy = z.strictObject({
  orders: z.strictObject({
    events: z.array(key).min(1, 'must name at least one event').max(20).describe('events that are an order'),
    valueProperties: z.array(key).max(10).describe('the property that holds the value; the first that is a number counts'),
  }),
  rfm: z.strictObject({
    windowDays: z.int().min(7).max(36_500).describe('orders that count for RFM; raw events are kept for 13 months unless configured otherwise'),
    classes: rfmClasses.describe('the first that fits counts'),
  }),
  contacts: stageRules,
  accounts: stageRules.describe('orders of an account are its won opportunities'),
  matching: z.strictObject({
    automatic: z.boolean().describe('look for the account of everybody who comes in without one'),
    companyNameAttributes: z.array(attributeKey).max(20).describe('attributes of a contact that hold the name of its company; the first that is set counts'),
    vatNumberAttributes: z.array(attributeKey).max(20),
    cocNumberAttributes: z.array(attributeKey).max(20),
    sharedDomains: z.array(host).max(10_000).describe('domains that say nothing about an employer, besides the free-mail and disposable ones Tactful knows'),
  }),
});
export type PortfolioPolicy = z.output<typeof portfolioPolicy>;

export const DEFAULT_PORTFOLIO_POLICY: PortfolioPolicy = {
  orders: { events: ['Order Completed'], valueProperties: ['revenue', 'total', 'amount'] },
  rfm: { windowDays: 365, classes: [...DEFAULT_RFM_CLASSES] },
  contacts: {
    newCustomer: { maxOrders: 2, firstOrderWithinDays: 90 },
    loyalCustomer: { minOrders: 4, withinDays: 365 },
    formerCustomer: { noOrderForDays: 365 },
    otherwise: 'loyal_customer',
    lead: { events: ['Demo Requested', 'Form Submitted', 'Webinar Attended'], withinDays: 180, openOpportunity: true },
  },
  accounts: {
    newCustomer: { maxOrders: 2, firstOrderWithinDays: 365 },
    loyalCustomer: { minOrders: 5, withinDays: 730 },
    formerCustomer: { noOrderForDays: 730 },
    otherwise: 'loyal_customer',
    lead: { events: [], withinDays: 180, openOpportunity: true },
  },
  matching: {
    automatic: true,
    companyNameAttributes: ['company_name', 'company', 'organisation', 'organization', 'bedrijf', 'bedrijfsnaam'],
    vatNumberAttributes: ['vat_number', 'vat', 'btw_nummer'],
    cocNumberAttributes: ['coc_number', 'kvk_nummer', 'kvk'],
    sharedDomains: [],
  },
};
