import { decide } from '../../../src/core/decision/decide.js';
import type { Decision } from '../../../src/core/decision/decision.js';
import { explainDecision, type ExplainedMoment, type Language } from '../../../src/core/decision/explain.js';
import { seconds, type Facts } from '../../../src/core/decision/facts.js';
import { REASON_CODES, REASONS, type ReasonCode } from '../../../src/core/decision/reasons.js';
import { NO_CONTACT_PRESSURE } from '../../../src/core/pressure/contact-pressure.js';
import { consent, daysAgo, newsletter, policies, subscriber, TUESDAY } from './given.js';

const names = { person: 'Fatima de Vries', account: 'Acme', campaign: 'June newsletter', purpose: 'Newsletter' };
const moment: ExplainedMoment = { now: TUESDAY, timeZone: 'Europe/Amsterdam', messageClass: 'marketing' };
const explain = (facts: Facts, language: Language = 'en', changes: Partial<ExplainedMoment> = {}) => explainDecision(decide(facts, policies(), TUESDAY), names, { ...moment, ...changes }, language);
const full = { count: 3, freesInMinutes: 2 * 1_440 };

describe('an explanation', () => {
  it.each<[string, Facts, string, string]>([
    ['a send', subscriber(), 'Fatima de Vries gets "June newsletter": there is proven consent, and no restraint stands in the way.', 'Fatima de Vries krijgt "June newsletter": er is bewezen toestemming, en geen enkele rem houdt het tegen.'],
    ['a refusal', subscriber({ minor: true }), 'Fatima de Vries does not get "June newsletter".', 'Fatima de Vries krijgt "June newsletter" niet.'],
    [
      'a deferral',
      subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, total: full } }),
      'Fatima de Vries does not get "June newsletter" now; at the earliest on Thursday 11 June 2026 at 10:00.',
      'Fatima de Vries krijgt "June newsletter" nu niet; op zijn vroegst op donderdag 11 juni 2026 om 10:00.',
    ],
  ])('of %s begins with what comes of it', (_, facts, en, nl) => {
    expect(explain(facts, 'en').headline).toBe(en);
    expect(explain(facts, 'nl').headline).toBe(nl);
  });

  it.each<[string, Facts, RegExp, RegExp]>([
    ['when consent was withdrawn', subscriber({ consent: consent({ state: 'withdrawn', since: seconds(daysAgo(1)) }) }), /withdrew consent for "Newsletter" on Monday 8 June 2026 at 10:00/, /trok de toestemming voor "Newsletter" in op maandag 8 juni 2026/],
    ['which data may not be used', subscriber({}, newsletter({ touched: [{ name: 'contact.shoe_size', purposes: [], sensitive: false }, { name: 'event.Page Viewed', purposes: [], sensitive: false }] })), /"Newsletter": contact\.shoe_size and event\.Page Viewed/, /contact\.shoe_size en event\.Page Viewed/],
    ['which field is missing', subscriber({ missingFields: ['contact.first_name'] }), /needs contact\.first_name/, /heeft contact\.first_name nodig/],
    ['how much presses on somebody', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, saturation: { index: 5_123, limit: 6_000, waitMinutes: 200 } } }), /pressure is 5\.1, and with one more mail it must stay within 6; .* from Tuesday 9 June 2026/, /druk is 5,1, en met nog een mail moet die binnen 6 blijven; .* vanaf dinsdag 9 juni/],
    ['what somebody chose', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, chosen: { frequency: 'monthly', freesInMinutes: 60 } } }), /chose at most one mail a month; .* room from/, /koos hoogstens één mail per maand; .* ruimte vanaf/],
    ['how long mail is paused', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, pausedUntil: seconds(TUESDAY) + 86_400 } }), /wants no mail of this kind until Wednesday 10 June/, /wil tot woensdag 10 juni .* geen mail/],
    ['to what a mail lost', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, lost: { campaign: 'sale', upcoming: false, waitMinutes: 60 } } }), /Mail of "sale" .* more important and took the place/, /Mail van "sale" .* belangrijker en nam de plaats/],
    ['for what a mail waits', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, lost: { campaign: 'sale', upcoming: true, waitMinutes: 60 } } }), /Mail of "sale" .* is due soon and is more important/, /binnenkort mail van "sale", die belangrijker is/],
    ['how full a cap is and when it frees', subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, total: full } }), /3 of at most 3 messages in 7 days, .* room from Thursday 11 June 2026/, /3 van hoogstens 3 berichten in 7 dagen, .* vanaf donderdag 11 juni/],
    ['whose cap it is', subscriber({ accountPressure: { messages: full, people: full, campaignPeople: full } }), /^Acme had 3 of at most 10 messages/, /^Acme kreeg 3 van hoogstens 10 berichten/],
    ['where it is night', subscriber({ timeZone: 'America/New_York', country: 'US' }), /outside the sending hours where Fatima de Vries is \(America\/New_York\)/, /buiten de verzenduren waar Fatima de Vries is \(America\/New_York\)/],
  ])('tells %s', (_, facts, en, nl) => {
    expect(explain(facts, 'en').reasons[0]?.text).toMatch(en);
    expect(explain(facts, 'nl').reasons[0]?.text).toMatch(nl);
  });

  it('tells that a deferral outlives the message', () => {
    const facts = subscriber({ contactPressure: { ...NO_CONTACT_PRESSURE, total: full } });
    expect(explain(facts, 'en', { expiresAt: daysAgo(-1) }).headline).toMatch(/would no longer be news: then it is dropped/);
    expect(explain(facts, 'nl', { expiresAt: daysAgo(-1) }).headline).toMatch(/dan vervalt het/);
  });
});

describe('every code', () => {
  const decisionFor = (code: ReasonCode, what: string): Decision => ({
    verdict: REASONS[code].verdict,
    primary: code,
    reasons: [{ code, detail: { names: ['contact.x', 'marketing', 'consent'], count: 2, limit: 3, days: 7, hours: 24, what, since: daysAgo(1) }, notBefore: daysAgo(-1) }],
    modifiers: [],
    evidenceIds: [],
    tracking: { opens: 'none', clicks: 'none' },
    policyVersion: '1',
    factsHash: '1',
  });
  const kinds = ['', 'missing', 'unverified', 'retired', 'ended', 'channel', 'draft', 'campaign', 'messages', 'people', 'campaign_people', 'weekday', 'never', 'no_open_request'];

  it.each(REASON_CODES)('%s has a sentence and an advice in both languages, of their own', (code) => {
    for (const what of kinds) {
      const [en, nl] = (['en', 'nl'] as const).map((language) => explainDecision(decisionFor(code, what), names, moment, language).reasons[0]);
      for (const text of [en?.text, en?.advice, nl?.text, nl?.advice]) {
        expect(text).toMatch(/^\S.{5,}\.$/s);
        expect(text).not.toMatch(/undefined|null|NaN|\[object| {2}|\(\)/);
      }
      expect(en?.text).not.toBe(nl?.text);
    }
  });

  it('speaks differently of every code', () => {
    const texts = REASON_CODES.map((code) => explainDecision(decisionFor(code, ''), names, moment, 'en').reasons[0]?.text);
    expect(new Set(texts).size).toBe(REASON_CODES.length);
  });
});
