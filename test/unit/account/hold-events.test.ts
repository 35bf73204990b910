import { DEFAULT_HANDOVER_POLICY, handoverPolicy } from '../../../src/core/account/handover-policy.js';
import { holdSignals } from '../../../src/core/account/hold-events.js';

const NOON = new Date('2026-06-09T12:00:00Z');
const signals = (name: string, properties: Record<string, unknown> = {}) => holdSignals(DEFAULT_HANDOVER_POLICY, { name, properties, occurredAt: NOON });

describe('an event', () => {
  it.each<[string, string, Record<string, unknown>, object | undefined]>([
    ['of a complaint opens it', 'Complaint Opened', { complaint_id: 'C-7' }, { signal: 'opens', kind: 'complaint', severe: false, reference: 'C-7' }],
    ['of a severe complaint says so', 'Complaint Opened', { severity: 'high' }, { kind: 'complaint', severe: true }],
    ['of a ticket whose severity is written otherwise says so', 'Ticket Opened', { severity: 'Critical' }, { kind: 'ticket', severe: true }],
    ['of a ticket with a number as its number', 'Ticket Opened', { ticket_id: 4711 }, { kind: 'ticket', reference: '4711' }],
    ['that resolves a ticket says which', 'Ticket Resolved', { ticket_id: 4711 }, { signal: 'resolves', kind: 'ticket', reference: '4711' }],
    ['of a meeting says when it is', 'Meeting Booked', { at: '2026-06-15T10:00:00+02:00' }, { kind: 'meeting', momentAt: new Date('2026-06-15T08:00:00Z') }],
    ['of a meeting without a sound time counts from its booking', 'Meeting Booked', { at: 'next week' }, { kind: 'meeting', momentAt: NOON }],
    ['of a meeting in the past counts from its booking', 'Meeting Booked', { at: '2020-01-01T00:00:00Z' }, { kind: 'meeting', momentAt: NOON }],
    ['of a reply says to what', 'Email Replied', { campaign: 'growth-play' }, { kind: 'reply', campaignKey: 'growth-play' }],
    ['of an automatic reply is nobody’s word', 'Email Replied', { auto_reply: true }, undefined],
    ['of an automatic reply, told as text, is nobody’s word', 'Email Replied', { auto_reply: 'true' }, undefined],
    ['that says it is no automatic reply is a reply', 'Email Replied', { auto_reply: false }, { kind: 'reply' }],
    ['of another kind says nothing', 'Page Viewed', { severity: 'high' }, undefined],
    ['whose number is an object has none', 'Ticket Opened', { ticket_id: { $ne: 1 } }, { kind: 'ticket', reference: null }],
  ])('%s', (_, name, properties, expected) => {
    const found = signals(name, properties);
    if (expected === undefined) expect(found).toEqual([]);
    else expect(found).toMatchObject([expected]);
  });

  it('is read by the workspace’s own rules', () => {
    const policy = handoverPolicy.parse({ ...DEFAULT_HANDOVER_POLICY, opening: [{ event: 'Klacht', opens: 'complaint', where: [{ property: 'soort', operator: 'equals', value: 'levering' }] }] });
    expect(holdSignals(policy, { name: 'Klacht', properties: { soort: 'Levering' }, occurredAt: NOON })).toMatchObject([{ kind: 'complaint' }]);
    expect(holdSignals(policy, { name: 'Klacht', properties: { soort: 'overig' }, occurredAt: NOON })).toEqual([]);
    expect(holdSignals(policy, { name: 'Complaint Opened', properties: {}, occurredAt: NOON })).toEqual([]);
  });
});

describe('the rules of handing over', () => {
  it('are sound as they come', () => {
    expect(handoverPolicy.parse(DEFAULT_HANDOVER_POLICY)).toEqual(DEFAULT_HANDOVER_POLICY);
  });

  it.each<[string, (policy: any) => void]>([
    ['a kind that is none', (policy) => { policy.opening[0].opens = 'anger'; }],
    ['a part that is none', (policy) => { policy.mood = 'good'; }],
    ['a default owner who is no address', (policy) => { policy.defaultOwner = 'anna'; }],
    ['half a working day', (policy) => { policy.dueWorkingDays.reply = 0.5; }],
  ])('refuse %s', (_, change) => {
    const policy = structuredClone(DEFAULT_HANDOVER_POLICY);
    change(policy);
    expect(handoverPolicy.safeParse(policy).success).toBe(false);
  });
});
