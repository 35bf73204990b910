import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { fc } from '../../support/generated.js';
import { CHAIN_START, checkChain, type ChainedRecord, hashProof, hashRecord, type StoredRecord } from '../../../src/consent/hash-chain.js';

const record: ChainedRecord = {
  contactId: 7, sequence: 1, recordId: '018f4a7e-0000-7000-8000-000000000000', purpose: 'newsletter', channel: 'email', event: 'given', occurredAt: new Date('2026-06-09T08:00:00.123Z'),
  recordedAt: new Date('2026-06-09T08:00:01Z'), validUntil: null, legalBasis: 'consent', proofHash: Buffer.alloc(32, 7),
};

describe('the hash of a record', () => {
  it('is SHA-256 of the previous hash and the canonical JSON (RFC 8785) of the record, whatever its texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), fc.option(fc.date({ noInvalidDate: true })), (purpose, sequence, validUntil) => {
        const one = { ...record, purpose, sequence, validUntil };
        const plain = { ...one, occurredAt: one.occurredAt.toISOString(), recordedAt: one.recordedAt.toISOString(), validUntil: validUntil?.toISOString() ?? null, proofHash: one.proofHash.toString('hex') };
        const expected = createHash('sha256').update(CHAIN_START).update(canonicalize(plain)!).digest('hex');
        expect(hashRecord(CHAIN_START, one).toString('hex')).toBe(expected);
      }),
    );
  });

  it('changes with every field and with the record before', () => {
    const hash = hashRecord(CHAIN_START, record);
    const other: ChainedRecord = {
      contactId: 8, sequence: 2, recordId: '018f4a7e-0000-7000-8000-000000000001', purpose: 'events', channel: 'post', event: 'confirmed', occurredAt: new Date(0), recordedAt: new Date(0), validUntil: new Date(0),
      legalBasis: 'contract', proofHash: Buffer.alloc(32, 8),
    };
    for (const field of Object.keys(record) as (keyof ChainedRecord)[]) expect(hashRecord(CHAIN_START, { ...record, [field]: other[field] }).equals(hash)).toBe(false);
    expect(hashRecord(Buffer.alloc(32, 1), record).equals(hash)).toBe(false);
  });

  it('does not depend on the order in which a proof was written down', () => {
    expect(hashProof({ b: 1, a: { d: 'é', c: null } })).toEqual(hashProof({ a: { c: null, d: 'é' }, b: 1 }));
  });
});

describe('checkChain', () => {
  function chain(length: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (let sequence = 1; sequence <= length; sequence += 1) {
      const proof = { note: `act ${sequence}` };
      const body = { ...record, sequence, proofHash: hashProof(proof) };
      const previousHash = records.at(-1)?.hash ?? CHAIN_START;
      records.push({ ...body, proof, previousHash, hash: hashRecord(previousHash, body) });
    }
    return records;
  }

  it('finds nothing in a whole chain, and says where one does not hold', () => {
    const whole = chain(4);
    expect(checkChain(whole)).toEqual([]);
    expect(checkChain([])).toEqual([]);
    expect(checkChain(whole.filter((one) => one.sequence !== 3))).toEqual([{ contactId: 7, sequence: 3, damage: 'missing' }]);
    expect(checkChain(whole.map((one) => (one.sequence === 2 ? { ...one, event: 'confirmed' } : one)))).toEqual([{ contactId: 7, sequence: 2, damage: 'edited' }]);
    expect(checkChain(whole.map((one) => (one.sequence === 2 ? { ...one, proof: {} } : one)))).toEqual([{ contactId: 7, sequence: 2, damage: 'proof_edited' }]);
  });

  it('finds a record that was rewritten with a hash of its own, by the one after it', () => {
    const [first, second, third] = chain(3) as [StoredRecord, StoredRecord, StoredRecord];
    const forged = { ...second, event: 'confirmed' };
    expect(checkChain([first, { ...forged, hash: hashRecord(first.hash, forged) }, third])).toEqual([{ contactId: 7, sequence: 3, damage: 'out_of_place' }]);
  });
});
