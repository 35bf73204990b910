import { LEGAL_BASES as BASES, MESSAGE_CLASSES, type LegalBasis, type MessageClass } from '../../../src/core/consent/purpose.js';
import { classFits } from '../../../src/core/decision/gates/input.js';

const ADVERTISING: readonly MessageClass[] = ['marketing', 'survey', 'personal'];

/** All purposes of these classes on these grounds. */
function purposes(classes: readonly MessageClass[], bases: readonly LegalBasis[]): string[] {
  return classes.flatMap((messageClass) => bases.map((legalBasis) => `${messageClass} on ${legalBasis}`));
}

describe('a mail fits its purpose', () => {
  it.each<[MessageClass, string, string[]]>([
    ['marketing', 'purposes that advertise, on grounds that allow it', purposes(ADVERTISING, ['consent', 'soft_opt_in', 'legitimate_interest'])],
    ['survey', 'purposes that advertise, on grounds that allow it', purposes(ADVERTISING, ['consent', 'soft_opt_in', 'legitimate_interest'])],
    ['personal', 'purposes that advertise, for a human stands behind it', purposes(ADVERTISING, BASES)],
    ['service', 'service purposes, on no consent to advertising', purposes(['service'], ['contract', 'legal_duty', 'legitimate_interest'])],
    ['legal_duty', 'what the law asks for alone', ['legal_duty on legal_duty']],
    ['opt_in_request', 'requests, and the purposes whose consent it asks for', [...purposes(['opt_in_request'], BASES), ...purposes(ADVERTISING, ['consent'])]],
  ])('%s: %s', (messageClass, _, allowed) => {
    const fitting = MESSAGE_CLASSES.flatMap((ofPurpose) => BASES.filter((legalBasis) => classFits(messageClass, { messageClass: ofPurpose, legalBasis })).map((legalBasis) => `${ofPurpose} on ${legalBasis}`));
    expect(fitting.sort()).toEqual(allowed.sort());
  });
});
