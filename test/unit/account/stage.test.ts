import { DEFAULT_PORTFOLIO_POLICY, portfolioPolicy } from '../../../src/core/account/portfolio-policy.js';
import { deriveStage, givesWay, type StageFacts } from '../../../src/core/account/stage.js';

const NOW = new Date('2026-06-09T08:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const person = (facts: Partial<StageFacts> = {}): StageFacts => ({ orders: 0, firstOrderAt: null, lastOrderAt: null, recentOrders: 0, showedInterest: false, openOpportunity: false, accountStage: null, ...facts });
const ordered = (orders: number, first: number, last: number, recentOrders = orders) => ({ orders, firstOrderAt: daysAgo(first), lastOrderAt: daysAgo(last), recentOrders });

/** New: at most 2 orders, or the first in 90 days; loyal: 4 in a year; former: none for a year; else loyal. */
const RULES = DEFAULT_PORTFOLIO_POLICY.contacts;

describe('the lifecycle stage of somebody who', () => {
  it.each<[string, Partial<StageFacts>, string]>([
    ['did nothing', {}, 'prospect'],
    ['asked for a demo', { showedInterest: true }, 'lead'],
    ['works for an account with an open opportunity', { openOpportunity: true }, 'lead'],
    ['works for a loyal customer', { accountStage: 'loyal_customer', showedInterest: true }, 'loyal_customer'],
    ['works for a lead', { accountStage: 'lead' }, 'prospect'],
    ['ordered once, today', ordered(1, 0, 0), 'new_customer'],
    ['ordered once, most of a year ago', ordered(1, 364, 364), 'new_customer'],
    ['ordered three times this month', ordered(3, 30, 1), 'new_customer'],
    ['ordered four times this month: loyal goes before new', ordered(4, 30, 1), 'loyal_customer'],
    ['ordered four times in a year', ordered(4, 360, 20), 'loyal_customer'],
    ['ordered often, but seldom lately', ordered(9, 900, 200, 2), 'loyal_customer'],
    ['ordered last exactly a year ago', ordered(9, 900, 365, 1), 'loyal_customer'],
    ['ordered last more than a year ago', ordered(9, 900, 366, 0), 'former_customer'],
    ['ordered long ago and asks again', { ...ordered(9, 900, 500, 0), showedInterest: true }, 'former_customer'],
    ['ordered himself goes before his account', { ...ordered(1, 10, 10), accountStage: 'former_customer' }, 'new_customer'],
  ])('%s', (_, facts, stage) => {
    expect(deriveStage(person(facts), RULES, NOW)).toBe(stage);
  });

  it('has an open opportunity is no lead where the rules say so', () => {
    expect(deriveStage(person({ openOpportunity: true }), { ...RULES, lead: { ...RULES.lead, openOpportunity: false } }, NOW)).toBe('prospect');
  });
});

describe('a stage that', () => {
  it.each([
    ['nobody gave', null, null, true],
    ['was derived', 'lead', 'lead', true],
    ['somebody gave', 'lead', 'prospect', false],
    ['somebody gave before anything was derived', 'loyal_customer', null, false],
  ])('%s gives way: %s over %s is %s', (_, stage, derived, expected) => {
    expect(givesWay(stage, derived)).toBe(expected);
  });
});

describe('the rules of the portfolio', () => {
  const refused = (change: (policy: any) => void): string => {
    const policy = structuredClone(DEFAULT_PORTFOLIO_POLICY);
    change(policy);
    return JSON.stringify(portfolioPolicy.safeParse(policy).error?.issues ?? 'accepted');
  };

  it('are sound as they come', () => {
    expect(portfolioPolicy.parse(DEFAULT_PORTFOLIO_POLICY)).toEqual(DEFAULT_PORTFOLIO_POLICY);
  });

  it.each<[string, (policy: any) => void, string]>([
    ['loyal with fewer orders than new', (policy) => (policy.contacts.loyalCustomer.minOrders = 2), 'must be more than newCustomer.maxOrders'],
    ['former before new is over', (policy) => (policy.contacts.formerCustomer.noOrderForDays = 30), 'a new customer would be a former one'],
    ['no days', (policy) => (policy.accounts.loyalCustomer.withinDays = 0), 'too_small'],
    ['half an order', (policy) => (policy.contacts.newCustomer.maxOrders = 1.5), 'invalid_type'],
    ['a million days', (policy) => (policy.contacts.formerCustomer.noOrderForDays = 1e6), 'too_big'],
    ['no order event', (policy) => (policy.orders.events = []), 'must name at least one event'],
    ['a stage that does not exist', (policy) => (policy.contacts.otherwise = 'vip'), 'invalid_value'],
    ['an unknown part', (policy) => (policy.magic = true), 'unrecognized_keys'],
    ['an attribute key with a quote', (policy) => (policy.matching.companyNameAttributes = [`x'`]), 'must be the key of an attribute'],
  ])('are refused: %s', (_, change, message) => {
    expect(refused(change)).toContain(message);
  });
});
