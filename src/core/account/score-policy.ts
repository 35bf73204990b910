import { z } from 'zod';
import { propertyFilterSchema, type Rule } from '../rule/rule.js';
import { name, RULE_LIMITS } from '../rule/rule-parts.js';
import { BUYING_GROUP_ROLES } from './buying-group.js';

export const FIT_GRADES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
export type FitGrade = (typeof FIT_GRADES)[number];

const key = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a key: a lower-case letter, then letters, digits and _ (at most 63)');
const points = z.int().min(-100).max(100).refine((value) => value !== 0, 'must not be 0: it would say nothing');
const score = z.int().min(0).max(100);
const days = z.number().min(0).max(365);
const unique = (keys: readonly string[]): boolean => new Set(keys).size === keys.length;

/** Past this scores of one person would no longer fit into a number before they are re-based. */
const LONGEST_HALF_LIFE = 365;

const fit = z.strictObject({
  base: score.describe('where every account begins'),
  conditions: z
    .array(z.strictObject({ key, points: points.describe('below zero: counts against the account'), rule: z.custom<Rule>((value) => typeof value === 'object' && value !== null, 'Give a rule over accounts.').describe('a rule over accounts, of attributes only') }))
    .max(50)
    .refine((conditions) => unique(conditions.map((condition) => condition.key)), 'names one condition twice'),
  grades: z
    .strictObject({ A: score, B: score, C: score, D: score, E: score })
    .refine(({ A, B, C, D, E }) => A > B && B > C && C > D && D > E, 'must go down from A to E; what is below E is F'),
});

const kind = z.strictObject({
  key,
  events: z.array(z.strictObject({ event: name('an event'), where: z.array(propertyFilterSchema).max(RULE_LIMITS.propertyFilters).default([]) })).min(1, 'must name at least one event').max(20),
  weight: z.number().min(-100).max(100),
  halfLifeDays: z.int().min(1).max(LONGEST_HALF_LIFE).describe('after so many days it counts half'),
});

/** Opens say nothing: images are loaded by machines, and without consent nobody follows them (rules.md section 3). */
const OPENED = 'Email Opened';

const engagement = z.strictObject({
  kinds: z
    .array(kind)
    .min(1)
    .max(30)
    .refine((kinds) => unique(kinds.map((one) => one.key)), 'names one kind twice')
    .refine((kinds) => kinds.every(({ events, weight }) => weight === 0 || events.every(({ event }) => event !== OPENED)), `must give "${OPENED}" the weight 0: opens never count`)
    .describe('an event counts for the first kind that fits it'),
  perDay: z.int().min(1).max(1_000).describe('of one kind, one person, one day (UTC) no more counts than this'),
  cap: z.number().min(1).max(1_000).describe('more than this of one person does not count for the account'),
  k: z.number().min(0.000_1).max(1).describe('how fast the score of the account nears 100'),
  roles: z.strictObject(Object.fromEntries([...BUYING_GROUP_ROLES, 'none'].map((role) => [role, z.number().min(0).max(1)])) as Record<(typeof BUYING_GROUP_ROLES)[number] | 'none', z.ZodNumber>)
    .describe('how much a person counts, by the part in the buying group; the highest of several'),
  engagedAt: z.number().min(0.1).max(1_000).describe('from this score on a person is engaged, and so is his part in the buying group'),
});

/** enter > leave: between the two an account stays where it is. */
const band = { enter: score, leave: score, dwellDays: days.describe('by score alone the stage is not left sooner') };
const apart = ({ enter, leave }: { enter: number; leave: number }): boolean => enter > leave;
const APART = 'must be entered above where it is left, or accounts would go to and fro';

const stages = z
  .strictObject({
    aware: z.strictObject(band).refine(apart, APART),
    engaged: z.strictObject(band).refine(apart, APART),
    qualified: z
      .strictObject({ ...band, fit: z.enum(FIT_GRADES).describe('at least this grade'), roles: z.int().min(1).max(6).describe('so many parts of the buying group are engaged'), leaveRoles: z.int().min(0).max(6), heldDays: days.describe('all of this for so long') })
      .refine(apart, APART)
      .refine(({ roles, leaveRoles }) => roles > leaveRoles, 'must need more roles to enter than to stay'),
    atRisk: z
      .strictObject({ enter: score.describe('a customer below this …'), leave: score.describe('… and no longer from here on'), quietDays: z.int().min(1).max(3_650).describe('… whose last order is so long ago'), dwellDays: days })
      .refine(({ enter, leave }) => leave > enter, APART),
  })
  .refine(({ aware, engaged, qualified }) => aware.enter < engaged.enter && engaged.enter < qualified.enter, 'must rise: aware, engaged, qualified');

/** Fit, engagement and stages of accounts as data. */
export const scorePolicy = z.strictObject({ fit, engagement, stages });
export type ScorePolicy = z.output<typeof scorePolicy>;
export type FitPolicy = ScorePolicy['fit'];
export type FitCondition = FitPolicy['conditions'][number];
export type EngagementPolicy = ScorePolicy['engagement'];
export type EngagementKind = EngagementPolicy['kinds'][number];
export type AccountStageRules = ScorePolicy['stages'];

const all = (...names: string[]): { event: string; where: [] }[] => names.map((event) => ({ event, where: [] }));
const pricing = (event: string): EngagementKind['events'] => [
  { event, where: [{ property: 'page', operator: 'contains', value: 'pricing' }] },
  { event, where: [{ property: 'path', operator: 'contains', value: 'pricing' }] },
  { event, where: [{ property: 'url', operator: 'contains', value: 'pricing' }] },
];
const attribute = (of: string, rest: object): Rule => ({ kind: 'attribute', attribute: of, ...rest }) as Rule;

/** Half-lives and bound as rules.md section 5 gives them. */
export const DEFAULT_SCORE_POLICY: ScorePolicy = {
  fit: {
    base: 30,
    conditions: [
      { key: 'large', points: 30, rule: attribute('employees', { operator: 'at_least', value: 1_000 }) },
      { key: 'medium', points: 20, rule: attribute('employees', { operator: 'between', from: 100, to: 999 }) },
      { key: 'tiny', points: -20, rule: attribute('employees', { operator: 'less_than', value: 10 }) },
      { key: 'sector_known', points: 10, rule: attribute('sector', { operator: 'is_set' }) },
      { key: 'reachable', points: 10, rule: attribute('domain', { operator: 'is_set' }) },
      { key: 'registered', points: 10, rule: { kind: 'any', conditions: [attribute('vat_number', { operator: 'is_set' }), attribute('coc_number', { operator: 'is_set' })] } },
      { key: 'part_of_group', points: 10, rule: { kind: 'parent', depth: 'direct', rule: attribute('name', { operator: 'is_set' }) } },
      { key: 'nowhere', points: -10, rule: attribute('country', { operator: 'not_set' }) },
    ],
    grades: { A: 80, B: 60, C: 45, D: 30, E: 15 },
  },
  engagement: {
    kinds: [
      { key: 'reply', events: all('Email Replied'), weight: 10, halfLifeDays: 30 },
      { key: 'meeting', events: all('Meeting Booked', 'Meeting Held'), weight: 15, halfLifeDays: 30 },
      { key: 'form', events: all('Form Submitted', 'Demo Requested'), weight: 10, halfLifeDays: 21 },
      { key: 'pricing_visit', events: [...pricing('Page Viewed'), ...pricing('Screen Viewed')], weight: 5, halfLifeDays: 7 },
      { key: 'visit', events: all('Page Viewed', 'Screen Viewed'), weight: 1, halfLifeDays: 5 },
      { key: 'click', events: all('Email Link Clicked'), weight: 3, halfLifeDays: 7 },
      { key: 'attended', events: all('Webinar Attended', 'Event Attended'), weight: 8, halfLifeDays: 30 },
      { key: 'support_ticket', events: all('Ticket Opened'), weight: -5, halfLifeDays: 14 },
      { key: 'open', events: all(OPENED), weight: 0, halfLifeDays: 7 },
    ],
    perDay: 20,
    cap: 40,
    k: 0.04,
    roles: { initiator: 0.8, user: 0.6, influencer: 0.8, decider: 1, buyer: 0.9, gatekeeper: 0.4, none: 0.3 },
    engagedAt: 4,
  },
  stages: {
    aware: { enter: 5, leave: 2, dwellDays: 1 },
    engaged: { enter: 30, leave: 20, dwellDays: 2 },
    qualified: { enter: 60, leave: 45, dwellDays: 7, fit: 'B', roles: 2, leaveRoles: 1, heldDays: 2 },
    atRisk: { enter: 3, leave: 10, quietDays: 180, dwellDays: 7 },
  },
};
