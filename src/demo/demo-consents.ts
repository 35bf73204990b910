import type { SeededRandom } from './seeded-random.js';

/** What somebody said about one purpose, as a line for the import: '' where it was never said. */
export interface DemoConsent {
  readonly state: 'confirmed' | 'unconfirmed' | 'withdrawn' | 'never';
  readonly givenAt: string;
  readonly confirmedAt: string;
  readonly withdrawnAt: string;
}

const DAY = 86_400_000;

/** Most people said yes and confirmed it; some never confirmed, some took it back, some were never asked. */
export function consentOf(now: Date, random: SeededRandom): DemoConsent {
  const state = random.weighted({ confirmed: 78, unconfirmed: 7, withdrawn: 8, never: 7 });
  const given = new Date(now.getTime() - random.between(40, 700) * DAY);
  const iso = (moment: Date, when: boolean): string => (when ? moment.toISOString() : '');
  return {
    state,
    givenAt: iso(given, state !== 'never'),
    confirmedAt: iso(new Date(given.getTime() + random.between(1, 600) * 60_000), state === 'confirmed' || state === 'withdrawn'),
    withdrawnAt: iso(new Date(given.getTime() + random.between(2, 39) * DAY), state === 'withdrawn'),
  };
}
