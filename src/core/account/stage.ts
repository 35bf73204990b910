import { z } from 'zod';

/** How far somebody (or an account) is with us. */
export const LIFECYCLE_STAGES = ['prospect', 'lead', 'new_customer', 'loyal_customer', 'former_customer'] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

const days = z.int().min(1).max(36_500);
const orders = z.int().min(1).max(1_000_000);

export const stageRules = z
  .strictObject({
    newCustomer: z.strictObject({ maxOrders: orders.describe('a customer with at most so many orders is new'), firstOrderWithinDays: days.describe('so is one whose first order is at most so long ago') }),
    loyalCustomer: z.strictObject({ minOrders: orders.describe('so many orders …'), withinDays: days.describe('… in the last so many days make loyal') }),
    formerCustomer: z.strictObject({ noOrderForDays: days.describe('no order for so long makes former') }),
    otherwise: z.enum(['new_customer', 'loyal_customer']).describe('customers who are none of the three: many orders, but not lately'),
    lead: z.strictObject({
      events: z.array(z.string().trim().min(1).max(200)).max(50).describe('doing one of these makes a prospect a lead (contacts; an account is a lead by its people)'),
      withinDays: days.describe('for so long'),
      openOpportunity: z.boolean().describe('so does an open opportunity (of the account)'),
    }),
  })
  .superRefine((rules, context) => {
    if (rules.loyalCustomer.minOrders <= rules.newCustomer.maxOrders) {
      context.addIssue({ code: 'custom', path: ['loyalCustomer', 'minOrders'], message: `must be more than newCustomer.maxOrders (${rules.newCustomer.maxOrders}), or nobody would be new for long` });
    }
    if (rules.formerCustomer.noOrderForDays <= rules.newCustomer.firstOrderWithinDays) {
      context.addIssue({ code: 'custom', path: ['formerCustomer', 'noOrderForDays'], message: `must be more than newCustomer.firstOrderWithinDays (${rules.newCustomer.firstOrderWithinDays}), or a new customer would be a former one` });
    }
  });
export type StageRules = z.output<typeof stageRules>;

/** What the stage follows from. Orders of a contact are events, those of an account won opportunities. */
export interface StageFacts {
  readonly orders: number;
  readonly firstOrderAt: Date | null;
  readonly lastOrderAt: Date | null;
  /** Orders in the window of loyalCustomer. */
  readonly recentOrders: number;
  /** Did something of lead.events within lead.withinDays. */
  readonly showedInterest: boolean;
  readonly openOpportunity: boolean;
  /** Of a contact without orders of its own: the stage of its account, when it is one of a customer. */
  readonly accountStage: LifecycleStage | null;
}

const DAY = 86_400_000;

/** The stage that follows from orders and interest. Somebody without orders who works for a customer is one. The same cases stand in SQL (stage-case.ts). */
export function deriveStage(facts: StageFacts, rules: StageRules, now: Date): LifecycleStage {
  const daysSince = (moment: Date | null): number => (moment === null ? Infinity : (now.getTime() - moment.getTime()) / DAY);
  if (facts.orders > 0) {
    if (daysSince(facts.lastOrderAt) > rules.formerCustomer.noOrderForDays) return 'former_customer';
    if (facts.recentOrders >= rules.loyalCustomer.minOrders) return 'loyal_customer';
    if (facts.orders <= rules.newCustomer.maxOrders || daysSince(facts.firstOrderAt) <= rules.newCustomer.firstOrderWithinDays) return 'new_customer';
    return rules.otherwise;
  }
  if (isCustomer(facts.accountStage)) return facts.accountStage;
  return facts.showedInterest || (rules.lead.openOpportunity && facts.openOpportunity) ? 'lead' : 'prospect';
}

function isCustomer(stage: LifecycleStage | null): stage is LifecycleStage {
  return stage === 'new_customer' || stage === 'loyal_customer' || stage === 'former_customer';
}

/** A stage that was given (by import, API or hand) stays: only what Tactful derived itself, or nothing, gives way. */
export function givesWay(stage: string | null, derived: string | null): boolean {
  return stage === null || stage === derived;
}
