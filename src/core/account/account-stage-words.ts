import type { StageGuard } from './account-stage.js';

/** Why an account moved, as its owner reads it. */
export const STAGE_REASONS: Readonly<Record<StageGuard | 'placed', { readonly nl: string; readonly en: string }>> = {
  placed: { nl: 'voor het eerst bekeken', en: 'looked at for the first time' },
  deal: { nl: 'er loopt een kans', en: 'an opportunity is open' },
  no_deal: { nl: 'er loopt geen kans meer', en: 'no opportunity is open any more' },
  new: { nl: 'de bestellingen zeggen: nieuwe klant', en: 'its orders say: a new customer' },
  loyal: { nl: 'de bestellingen zeggen: trouwe klant', en: 'its orders say: a loyal customer' },
  former: { nl: 'er is lang niets besteld', en: 'nothing was ordered for long' },
  no_customer: { nl: 'het is geen klant', en: 'it is no customer' },
  trouble: { nl: 'een klacht, storing of ontevreden beslisser staat open', en: 'a complaint, a ticket or an unhappy decider is open' },
  settled: { nl: 'wat openstond is opgelost', en: 'what was open is settled' },
  quiet: { nl: 'klant, maar stil en lang zonder bestelling', en: 'a customer, but quiet and long without an order' },
  back: { nl: 'weer actief, of pas nog besteld', en: 'active again, or ordered lately' },
  aware: { nl: 'mensen van het account kijken rond', en: 'people of the account look around' },
  not_aware: { nl: 'niemand kijkt meer rond', en: 'nobody looks around any more' },
  engaged: { nl: 'de betrokkenheid is hoog genoeg', en: 'engagement is high enough' },
  not_engaged: { nl: 'de betrokkenheid is gezakt', en: 'engagement has gone down' },
  qualified: { nl: 'fit, betrokkenheid en rollen hielden lang genoeg stand', en: 'fit, engagement and roles held for long enough' },
  not_qualified: { nl: 'fit, betrokkenheid of rollen zijn gezakt', en: 'fit, engagement or roles have gone down' },
};
