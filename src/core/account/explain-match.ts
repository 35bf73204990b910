import { assertNever } from '../shared/assert-never.js';
import type { MatchInputs, MatchRule } from './match-account.js';

/** A match as it is told to people. */
export interface ToldMatch {
  readonly rule: MatchRule;
  readonly inputs: MatchInputs;
  readonly account: string;
}

export interface Sentence {
  readonly nl: string;
  readonly en: string;
}

/** Why a person is (or may be) one of this account's, in a sentence. */
export function explainMatch({ rule, inputs, account }: ToldMatch): Sentence {
  const because = ground(rule, inputs);
  const doubt = doubtOf(inputs);
  return {
    nl: `${inputs.doubt === undefined ? 'Hoort bij' : 'Hoort misschien bij'} ${account}: ${because.nl}${doubt === undefined ? '' : `; ${doubt.nl}`}.`,
    en: `${inputs.doubt === undefined ? 'Belongs to' : 'May belong to'} ${account}: ${because.en}${doubt === undefined ? '' : `; ${doubt.en}`}.`,
  };
}

function ground(rule: MatchRule, inputs: MatchInputs): Sentence {
  const { host, domain, number, companyName, accountName, similarity = 0 } = inputs;
  switch (rule) {
    case 'pinned':
      return { nl: 'iemand heeft dit met de hand vastgezet', en: 'somebody pinned it by hand' };
    case 'address':
      return { nl: 'dit e-mailadres staat al bij een contact van dit account', en: 'this e-mail address already is on a contact of this account' };
    case 'host':
      return { nl: `het e-mailadres is van ${host}, en ${domain} is een domein van dit account`, en: `the e-mail address is at ${host}, and ${domain} is a domain of this account` };
    case 'domain':
      return { nl: `het e-mailadres is van ${host}, en het account gebruikt hetzelfde geregistreerde domein ${domain}`, en: `the e-mail address is at ${host}, and the account uses the same registered domain ${domain}` };
    case 'number':
      return { nl: `het nummer ${number} is het btw- of KvK-nummer van dit account`, en: `the number ${number} is the VAT or chamber-of-commerce number of this account` };
    case 'name':
      return similarity === 1
        ? { nl: `de bedrijfsnaam “${companyName}” is die van dit account, afgezien van de rechtsvorm`, en: `the company name “${companyName}” is this account's, apart from the legal form` }
        : { nl: `de bedrijfsnaam “${companyName}” lijkt voor ${percent(similarity)} op “${accountName}”`, en: `the company name “${companyName}” is ${percent(similarity)} like “${accountName}”` };
    default:
      return assertNever(rule);
  }
}

function doubtOf({ doubt, candidates }: MatchInputs): Sentence | undefined {
  switch (doubt) {
    case undefined:
      return undefined;
    case 'unverified':
      return { nl: 'niemand heeft bevestigd dat het domein van dit account is', en: 'nobody confirmed that the domain is this account’s' };
    case 'no_country':
      return { nl: 'van het contact of van het account is geen land bekend om te vergelijken', en: 'no country is known of the contact or of the account to compare' };
    case 'several':
      return { nl: `er passen ${candidates?.length ?? 0} accounts`, en: `${candidates?.length ?? 0} accounts fit` };
    case 'refused_before':
      return { nl: 'iemand heeft dit account eerder op zwakkere gronden afgewezen', en: 'somebody refused this account before, on weaker grounds' };
    default:
      return assertNever(doubt);
  }
}

/** Rounded down: 100 % is for names that are the same. */
function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}
