import type { Decision } from '../core/decision/decision.js';
import type { ExplainedDecision, ExplainedNames, Language } from '../core/decision/explain.js';
import type { Phase } from '../core/decision/facts.js';

/** Why a person got a step of a campaign, or not. */
export interface Explanation extends ExplainedDecision {
  readonly step: number;
  readonly occurrence: number;
  readonly decidedAt: Date;
  /** 'now': nothing was decided on this person yet; this is what would be decided at this moment. */
  readonly phase: Phase | 'now';
  readonly basis: Decision['basis'];
  readonly evidenceIds: readonly string[];
  readonly notBefore: Date | undefined;
  readonly policyVersion: string;
  readonly factsHash: string;
  /** What became of the message. */
  readonly message: { readonly state: string; readonly sentAt: Date | null } | null;
  readonly names: ExplainedNames;
  readonly language: Language;
}

const WORDS = {
  en: { step: 'Step', at: 'decided', now: 'not decided yet; at this moment it would be', plan: 'when it was planned', claim: 'when it was about to leave', advice: 'What you can do', evidence: 'Evidence', message: 'Message', policies: 'Policies' },
  nl: { step: 'Stap', at: 'besloten', now: 'nog niet besloten; op dit moment zou het zijn', plan: 'toen het gepland werd', claim: 'toen het zou vertrekken', advice: 'Wat u kunt doen', evidence: 'Bewijs', message: 'Bericht', policies: 'Beleid' },
} as const;

/** An explanation as lines for a terminal. */
export function explanationText(explanation: Explanation): string {
  const { phase, decidedAt, evidenceIds, message, policyVersion } = explanation;
  const words = WORDS[explanation.language];
  const when = phase === 'now' ? words.now : `${words.at} ${decidedAt.toISOString()}, ${words[phase]}`;
  return [
    `${words.step} ${explanation.step + 1} (${when})`,
    `  ${explanation.headline}`,
    ...explanation.reasons.flatMap((reason) => [`  - ${reason.text}  [${reason.code}]`, `    ${words.advice}: ${reason.advice}`]),
    ...(evidenceIds.length > 0 ? [`  ${words.evidence}: ${evidenceIds.join(', ')}`] : []),
    ...(message ? [`  ${words.message}: ${message.state}${message.sentAt ? `, ${message.sentAt.toISOString()}` : ''}`] : []),
    `  ${words.policies} ${policyVersion}`,
  ].join('\n');
}
