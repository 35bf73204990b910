import { fc } from '../../support/generated.js';
import { decide } from '../../../src/core/decision/decide.js';
import { decodeFacts, Dictionary, encodeFacts, hashFacts } from '../../../src/core/decision/facts-codec.js';
import { SUPPRESSION_REASONS } from '../../../src/core/consent/suppression-reasons.js';
import { type Facts, neededFacts } from '../../../src/core/decision/facts.js';
import { REASONS, reasonOrder, strength } from '../../../src/core/decision/reasons.js';
import { replayDecision, storeDecision } from '../../../src/core/decision/stored-decision.js';
import { allFacts, someFacts, someMoment, somePolicies } from './arbitrary-facts.js';
import { policies, subscriber, TUESDAY } from './given.js';

const RUNS = { numRuns: 1_000 };
const sendable = fc.tuple(allFacts, somePolicies, someMoment).filter(([facts, rules, now]) => decide(facts, rules, now).verdict === 'send');

/** Walks over many generated messages and tells how many were sends, so that a property about sends is known to have met some. */
function countSends(facts: fc.Arbitrary<Facts>): number {
  return fc.sample(fc.tuple(facts, somePolicies, someMoment), { numRuns: 1_000, seed: 7 }).filter(([given, rules, now]) => decide(given, rules, now).verdict === 'send').length;
}

describe('properties of the gate', () => {
  it('the generated messages are of both kinds', () => {
    const sends = countSends(allFacts);
    expect(sends).toBeGreaterThan(50);
    expect(sends).toBeLessThan(900);
  });

  it('adding a suppression or an objection never turns deny into send', () => {
    fc.assert(
      fc.property(someFacts, somePolicies, someMoment, fc.constantFrom(...SUPPRESSION_REASONS), (facts, rules, now, reason) => {
        const before = decide(facts, rules, now);
        const loaded = facts.suppressions;
        const after = decide({ ...facts, ...(loaded && { suppressions: { ...loaded, reasons: [...loaded.reasons, reason] } }) }, rules, now);
        expect(strength[after.verdict]).toBeGreaterThanOrEqual(strength[before.verdict]);
        const objected = decide({ ...facts, ...(facts.consent && { consent: { ...facts.consent, state: 'objected' as const } }) }, rules, now);
        if (before.verdict !== 'send') expect(objected.verdict).not.toBe('send');
      }),
      RUNS,
    );
  });

  it('removing a consent never yields a send where consent is the basis, nor where there was none before', () => {
    fc.assert(
      fc.property(someFacts, somePolicies, someMoment, (facts, rules, now) => {
        const before = decide(facts, rules, now);
        const after = decide({ ...facts, consent: null }, rules, now);
        if (before.basis === 'consent' || before.basis === 'soft_opt_in' || before.basis === 'opt_in_request') expect(after.verdict).not.toBe('send');
        // What the person forbade (withdrawn, objected) is no consent: taking that record away is not what is meant here.
        const forbade = facts.consent?.state === 'withdrawn' || facts.consent?.state === 'objected';
        if (before.verdict !== 'send' && !forbade) expect(after.verdict).not.toBe('send');
      }),
      RUNS,
    );
  });

  it('the same facts, policies and moment give the same decision, to the byte', () => {
    fc.assert(
      fc.property(someFacts, somePolicies, someMoment, (facts, rules, now) => {
        const shuffled = Object.fromEntries(Object.entries(facts).reverse()) as unknown as Facts;
        expect(JSON.stringify(decide(shuffled, structuredClone(rules), new Date(now)))).toBe(JSON.stringify(decide(facts, rules, now)));
      }),
      { numRuns: 200 },
    );
  });

  it('every send has evidence and a basis, and everything else a reason, the primary of the strongest verdict', () => {
    fc.assert(
      fc.property(someFacts, somePolicies, someMoment, (facts, rules, now) => {
        const decision = decide(facts, rules, now);
        const { verdict, primary, reasons } = decision;
        if (verdict === 'send') {
          expect(decision.evidenceIds.length).toBeGreaterThan(0);
          expect(decision.basis).toBeDefined();
          expect([primary, reasons.length]).toEqual([undefined, 0]);
          return;
        }
        const strongest = Math.max(...reasons.map((reason) => strength[REASONS[reason.code].verdict]));
        expect(strength[verdict]).toBe(strongest);
        expect(primary).toBe(reasons.find((reason) => strength[REASONS[reason.code].verdict] === strongest)?.code);
        const orders = reasons.map((reason) => reasonOrder(reason.code));
        expect(orders).toEqual([...orders].sort((a, b) => a - b));
        expect(decision.notBefore === undefined).toBe(verdict !== 'defer');
        if (decision.notBefore) expect(decision.notBefore.getTime()).toBeGreaterThan(now.getTime());
      }),
      RUNS,
    );
  });

  it('a deferred message is no longer deferred for its hours when it is looked at again', () => {
    fc.assert(
      fc.property(allFacts, somePolicies, someMoment, (facts, rules, now) => {
        const { notBefore } = decide(facts, rules, now);
        if (!notBefore) return;
        const again = decide(facts, rules, notBefore);
        expect(again.reasons.filter((reason) => reason.code.startsWith('timing.') && reason.code !== 'timing.stale')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('without any single fact nothing is sent', () => {
    fc.assert(
      fc.property(sendable, ([facts, rules, now]) => {
        for (const name of neededFacts(facts.request?.phase ?? 'plan')) {
          expect([name, decide({ ...facts, [name]: undefined }, rules, now).verdict]).not.toEqual([name, 'send']);
        }
        expect(decide({ ...facts, request: undefined }, rules, now).verdict).toBe('deny');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a stored decision', () => {
  it('holds exactly the facts it was taken on', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        const names = new Dictionary();
        const words = encodeFacts(facts, names);
        expect(words.every((word) => Number.isInteger(word) && word >= -32_768 && word <= 32_767)).toBe(true);
        expect(decodeFacts(words, names.names, facts.request)).toEqual({ ...facts, ...orderedSuppressions(facts) });
      }),
      RUNS,
    );
  });

  it('is taken again from them, to the byte', () => {
    fc.assert(
      fc.property(someFacts, somePolicies, someMoment, (facts, rules, now) => {
        const decision = decide(facts, rules, now);
        const names = new Dictionary();
        const stored = storeDecision(decision, facts, names);
        // As jsonb gives it back: with its keys in another order.
        const request = JSON.parse(JSON.stringify(facts.request), reversedKeys) as Facts['request'];
        const kept = [...names.names];
        const again = replayDecision(stored, kept, request, rules, now);
        expect(again).toEqual(decision);
        expect(storeDecision(again, decodeFacts(stored.facts, kept, request), new Dictionary(kept))).toEqual(stored);
      }),
      RUNS,
    );
  });

  it('takes about fifty bytes of facts', () => {
    expect(encodeFacts(subscriber(), new Dictionary()).length * 2).toBeLessThanOrEqual(52);
  });
});

describe('the digest of the facts', () => {
  it('is the same whatever else was decided in the batch', () => {
    const facts = subscriber({ timeZone: 'Asia/Tokyo' });
    const busy = new Dictionary(['Europe/Amsterdam', 'NL', 'BE']);
    expect(hashFacts(decodeFacts(encodeFacts(facts, busy), busy.names, facts.request))).toBe(hashFacts(facts));
  });

  it('changes with any fact', () => {
    const hash = hashFacts(subscriber());
    const others = [subscriber({ minor: true }), subscriber({ consent: null }), subscriber({ timeZone: 'Europe/Brussels' }), subscriber({ missingFields: ['account.name'] }), subscriber({ stepSince: 1 })];
    expect(new Set([hash, ...others.map(hashFacts)]).size).toBe(others.length + 1);
  });
});

describe('a policy', () => {
  it('has a version that follows from its contents alone', () => {
    const { version: _, workspace, ...rest } = policies();
    expect(policies({ workspace, ...rest }).version).toBe(policies().version);
    expect(policies({ killSwitch: true }).version).not.toBe(policies().version);
    expect(decide(subscriber(), policies(), TUESDAY).policyVersion).toBe(policies().version);
  });
});

function reversedKeys(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value;
}

/** Suppressions are a set: they come back in the order of their list. */
function orderedSuppressions(facts: Facts): Partial<Facts> {
  const { suppressions } = facts;
  return suppressions ? { suppressions: { ...suppressions, reasons: SUPPRESSION_REASONS.filter((reason) => suppressions.reasons.includes(reason)) } } : {};
}
