import type { RequestFacts } from '../facts.js';
import type { Gate } from './gate.js';

/** The name under which a person's own record stands among what may not be used. */
const CONTACT_RECORD = 'contact';

/** Purpose limitation (GDPR art. 5(1)(b)): what segment and template read must have been collected for this purpose. */
export const purposeGate: Gate = {
  codes: ['purpose.data_not_allowed'],
  check({ facts, request, messageClass }, findings) {
    const names = notAllowed(request);
    // A legal duty (a recall) reaches people whatever they gave their address for.
    const record = facts.collectedForPurpose === false && messageClass !== 'legal_duty';
    if (record) findings.add('purpose.data_not_allowed', { names: [CONTACT_RECORD, ...names] });
    else if (names.length > 0) findings.add('purpose.data_not_allowed', { names });
  },
};

const NONE: readonly string[] = [];
const notAllowedOf = new WeakMap<RequestFacts, readonly string[]>();

function notAllowed(request: RequestFacts): readonly string[] {
  if (request.touched.length === 0) return NONE;
  let names = notAllowedOf.get(request);
  if (!names) {
    names = request.touched.filter((item) => !mayServe(item.purposes, request.purposeKey)).map((item) => item.name);
    notAllowedOf.set(request, names);
  }
  return names;
}

/** '*' serves every purpose; an empty list is data that nobody classified yet, and serves none. */
export function mayServe(purposes: readonly string[], purpose: string): boolean {
  return purposes.includes('*') || purposes.includes(purpose);
}
