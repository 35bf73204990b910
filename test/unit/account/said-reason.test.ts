import { fc } from '../../support/generated.js';
import { HOLD_KINDS } from '../../../src/core/account/holds.js';
import { codeOf, readReason, type SaidReason, saidReason, sayReason, textOf } from '../../../src/core/account/said-reason.js';
import { languageOf } from '../../../src/platform/http/caller-language.js';

const ALL: [SaidReason, string, string][] = [
  [{ code: 'event', kind: 'complaint', event: 'Complaint Filed', severe: true }, 'Heeft geklaagd ("Complaint Filed", ernstig)', 'Complained ("Complaint Filed", severe)'],
  [{ code: 'deal', product: 'Vaten' }, 'Heeft een lopende verkoopkans: Vaten', 'Has an open deal: Vaten'],
  [{ code: 'deal', product: null }, 'Heeft een lopende verkoopkans', 'Has an open deal'],
  [{ code: 'answered', campaign: 'Lente' }, 'Antwoordde op "Lente"', 'Answered "Lente"'],
  [{ code: 'answered', campaign: null }, 'Antwoordde op een mail', 'Answered a mail'],
  [{ code: 'meets_colleague' }, 'Heeft een afspraak met een collega', 'Has a meeting with a colleague'],
  [{ code: 'score', score: 3 }, 'Gaf een 3 van de 10. Bel, luister, en zet recht wat misging.', 'Gave a 3 out of 10. Call, listen, and put right what went wrong.'],
  [{ code: 'asks_for_person' }, 'Vraagt om een mens, via de link in een mail.', 'Asks for a person, by the link in a mail.'],
  [{ code: 'request_due', request: 7, kind: 'access', by: '2026-07-09', late: false }, 'Verzoek 7 (inzage) moet uiterlijk 2026-07-09 beantwoord zijn.', 'Request 7 (access) must be answered by 2026-07-09.'],
  [{ code: 'request_due', request: 7, kind: 'erasure', by: '2026-07-09', late: true }, 'Verzoek 7 (wissing) had uiterlijk 2026-07-09 beantwoord moeten zijn.', 'Request 7 (erasure) should have been answered by 2026-07-09.'],
  [{ code: 'trigger', told: 'Bel ze', people: 3, days: 7 }, 'Bel ze (3 mensen binnen 7 dagen)', 'Bel ze (3 people within 7 days)'],
  [{ code: 'cold_address', campaign: 'lente' }, '"lente" zou schrijven naar een opgezocht adres: geen toestemming, geen verkoop', '"lente" would write to a researched address: no consent, no sale'],
  [{ code: 'wants_no_machine', campaign: 'lente' }, '"lente" zou schrijven naar iemand die geen automatische mail wil', '"lente" would write to somebody who wants no automated mail'],
  [{ code: 'deal_waits', campaign: 'lente' }, '"lente" wacht: er is een lopende verkoopkans', '"lente" waits: there is an open deal'],
  [{ code: 'unanswered', campaign: 'lente', mails: 3 }, '3 mails van "lente" zonder reactie', '3 mails of "lente" without a reaction'],
];

describe('why the machine steps back', () => {
  it.each(ALL)('reads %j in Dutch and in English, and the same again from what is stored', (said, nl, en) => {
    expect(sayReason(said)).toEqual({ nl, en });
    expect(readReason(JSON.parse(JSON.stringify(codeOf(said))), textOf(said))).toEqual({ nl, en });
  });

  it('has words for every code', () => {
    expect(new Set(ALL.map(([{ code }]) => code))).toEqual(new Set(saidReason.options.map((option) => option.shape.code.value)));
  });

  it.each(HOLD_KINDS)('has Dutch and English words for an event that opens a hold of kind %s', (kind) => {
    const { nl, en } = sayReason({ code: 'event', kind, event: 'x', severe: false });
    expect([nl === en, nl.length > 5, en.length > 5]).toEqual([false, true, true]);
  });

  it('leaves somebody\'s own words as they are, and what it does not know', () => {
    fc.assert(fc.property(fc.string(), fc.oneof(fc.constant(null), fc.jsonValue().filter((value) => !saidReason.safeParse(value).success)), (text, stored) => {
      expect(readReason(stored, text)).toEqual({ nl: text, en: text });
    }));
    expect([codeOf('Belt zelf terug'), textOf('Belt zelf terug')]).toEqual([null, 'Belt zelf terug']);
  });
});

describe('the language of whoever asks', () => {
  it.each([
    ['nl', undefined, 'nl'],
    ['en', 'nl-NL,nl;q=0.9', 'en'],
    [undefined, 'nl-NL,nl;q=0.9,en;q=0.8', 'nl'],
    [undefined, 'en-GB,nl;q=0.5', 'en'],
    [undefined, 'de-DE,nl;q=0.3,en;q=0.2', 'nl'],
    [undefined, 'nl;q=0, en', 'en'],
    [undefined, 'fr', 'en'],
    ['fr', undefined, 'en'],
    [['nl', 'en'], undefined, 'en'],
    [undefined, ';;q=,,,', 'en'],
  ] as const)('asked for %j, accepted %j: %s', (asked, accepted, language) => {
    expect(languageOf(asked, accepted)).toBe(language);
  });
});
