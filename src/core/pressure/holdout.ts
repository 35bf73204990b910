import { hash32 } from '../shared/hash.js';

/** Who is drawn: a person, or a whole account, so that colleagues of the control group get nothing either. */
export type HoldoutUnit = 'contact' | 'account';

export type Holdout = 'none' | 'engine' | 'campaign';

/**
 * Whether this person or account belongs to a control group. Stable: the same draw today and next year, whoever asks;
 * another salt (another campaign) draws independently; raising the percentage only adds people.
 */
export function inControlGroup(unit: HoldoutUnit, id: number, salt: string, percent: number): boolean {
  return hash32(`${salt}:${unit}:${id}`) / 0x1_0000_0000 < percent / 100;
}

export interface HoldoutRequest {
  readonly contactId: number;
  readonly accountId: number | null;
  readonly campaignId: number;
  readonly campaignPercent: number;
  readonly campaignUnit: HoldoutUnit;
  readonly enginePercent: number;
}

/**
 * The control group of the whole engine goes by account where there is one: who gets nothing must not read it from a colleague.
 */
export function holdoutOf(request: HoldoutRequest): Holdout {
  const { contactId, accountId } = request;
  const engine = accountId === null ? inControlGroup('contact', contactId, 'engine', request.enginePercent) : inControlGroup('account', accountId, 'engine', request.enginePercent);
  if (engine) return 'engine';
  const byAccount = request.campaignUnit === 'account' && accountId !== null;
  const salt = `campaign-${request.campaignId}`;
  const campaign = inControlGroup(byAccount ? 'account' : 'contact', byAccount ? accountId : contactId, salt, request.campaignPercent);
  return campaign ? 'campaign' : 'none';
}
