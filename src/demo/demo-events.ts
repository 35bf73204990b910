import type { BusinessContact } from './demo-people.js';
import type { SeededRandom } from './seeded-random.js';

export interface DemoEvent {
  readonly email: string;
  readonly name: string;
  readonly occurredAt: Date;
  readonly key: string;
  readonly page: string;
  readonly amount: string;
}

const DAY = 86_400_000;
const PAGES = ['home', 'products', 'pricing', 'customers', 'docs'] as const;

/** A year of what a business contact did; leads look at prices, and more so lately. */
export function eventsOfBusinessContact(contact: BusinessContact, now: Date, random: SeededRandom): DemoEvent[] {
  const interested = contact.lifecycleStage === 'lead' && random.chance(0.6);
  const visits = Array.from({ length: random.between(2, 14) }, (_, index) => visit(contact.email, `v${index}`, new Date(now.getTime() - random.next() * 365 * DAY), random.pick(PAGES)));
  const recent = interested ? Array.from({ length: random.between(2, 5) }, (_, index) => visit(contact.email, `r${index}`, new Date(now.getTime() - random.next() * 21 * DAY), 'pricing')) : [];
  const webinar = random.chance(0.2) ? [{ ...visit(contact.email, 'w', new Date(now.getTime() - random.next() * 200 * DAY), ''), name: 'Webinar Attended' }] : [];
  return [...visits, ...recent, ...webinar];
}

/** A year of orders and visits of a consumer, as many as the real data counts per channel. */
export function eventsOfConsumer(email: string, counts: { purchases: number; visits: number; spent: number }, now: Date, random: SeededRandom): DemoEvent[] {
  const orders = Array.from({ length: Math.min(counts.purchases, 12) }, (_, index) => ({
    ...visit(email, `o${index}`, new Date(now.getTime() - random.next() * 365 * DAY), ''),
    name: 'Order Completed',
    amount: (counts.spent / Math.max(counts.purchases, 1)).toFixed(2),
  }));
  const visits = Array.from({ length: Math.min(counts.visits, 5) }, (_, index) => visit(email, `v${index}`, new Date(now.getTime() - random.next() * 30 * DAY), random.pick(PAGES)));
  return [...orders, ...visits];
}

function visit(email: string, key: string, occurredAt: Date, page: string): DemoEvent {
  return { email, name: 'Page Viewed', occurredAt, key: `demo-${email}-${key}`, page, amount: '' };
}
