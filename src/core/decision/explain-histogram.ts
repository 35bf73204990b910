import { sharedReasons } from './compile-permission.js';
import type { Reason, ReasonDetail } from './decision.js';
import { explainReason, type Language } from './explain.js';
import type { PermissionTerms } from './permission.js';
import type { ReasonCode } from './reasons.js';

/** A reason that holds for several people, in words: the sentence of the explanations, about nobody in particular. */
export interface CountedReason {
  readonly code: ReasonCode;
  readonly count: number;
  readonly text: Readonly<Record<Language, string>>;
  /** What can be done about it. */
  readonly advice: Readonly<Record<Language, string>>;
}

const SOMEBODY: Record<Language, string> = { nl: 'deze persoon', en: 'this person' };
const ANOTHER_BASIS: Record<Language, string> = { nl: 'een andere grondslag', en: 'another basis' };

/** In the order given. What holds for everybody names what it is about: the fields that may not be used, the purpose that ended. */
export function explainCounts(counts: readonly { readonly code: ReasonCode; readonly count: number }[], terms: PermissionTerms, purposeName: Readonly<Record<Language, string>>, now: Date): CountedReason[] {
  const shared = new Map(sharedReasons(terms, now).map((reason) => [reason.code, reason]));
  const say = (code: ReasonCode, language: Language) => {
    const reason: Reason = shared.get(code) ?? { code, detail: anybodys(code, terms, language) };
    const names = { person: SOMEBODY[language], campaign: purposeName[language], purpose: purposeName[language] };
    return explainReason(reason, names, { now, timeZone: 'UTC', messageClass: terms.request.messageClass }, language);
  };
  return counts.map(({ code, count }) => {
    const [nl, en] = [say(code, 'nl'), say(code, 'en')];
    return { code, count, text: { nl: sentence(nl.text), en: sentence(en.text) }, advice: { nl: sentence(nl.advice), en: sentence(en.advice) } };
  });
}

/** Details in which people may differ are left out, or put so that they are true of all. */
function anybodys(code: ReasonCode, { request, policies }: PermissionTerms, language: Language): ReasonDetail {
  switch (code) {
    case 'basis.consent_missing':
      return { what: request.messageClass === 'opt_in_request' ? 'no_open_request' : 'never' };
    case 'basis.scope_mismatch':
      return { what: ANOTHER_BASIS[language] };
    case 'legal.retention_elapsed':
      return { days: request.purpose?.retentionDays ?? 0 };
    case 'basis.soft_opt_in.window':
      return { days: policies.softOptInDays ?? 0 };
    case 'purpose.data_not_allowed':
      return { names: ['contact'] };
    case 'input.fact_unavailable':
      return { names: ['suppressions'] };
    default:
      return {};
  }
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
