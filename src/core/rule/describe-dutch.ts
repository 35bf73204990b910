import { assertNever } from '../shared/assert-never.js';
import type { Aggregate } from './event-conditions.js';
import type { CountPhrase, Phrasebook, Values } from './phrasebook.js';
import type { AttributeOperator, Engagement, EventWindow, PeopleRole } from './rule.js';

export const dutch: Phrasebook = {
  locale: 'nl-NL',
  and: 'en',
  or: 'of',
  serialComma: false,
  yes: 'ja',
  no: 'nee',
  nobody: 'die er niet zijn',
  andMore: (hidden) => `of een van nog ${hidden} andere`,
  andAll: (hidden) => `en nog ${hidden} andere`,
  selected: { contact: 'Contacten', account: 'Accounts' },
  everyone: { contact: 'Alle contacten', account: 'Alle accounts' },
  attribute: (scope, label, operator, negated, values) => `${scope === 'contact' ? 'bij wie' : 'waarvan'} ${predicate(label, operator, negated, values)}`,
  property: (label, operator, values) => predicate(label, operator, false, values),
  event: (name, count, window, filters) => {
    const did = count.kind === 'none' ? `zonder “${name}”` : `met ${times(count)}“${name}”`;
    return `${did}${window}${filters === '' ? '' : ` waarbij ${filters}`}`;
  },
  step: (event, filters) => `“${event}”${filters === '' ? '' : ` (waarbij ${filters})`}`,
  eventValue: (aggregate, property, event, window) => `${AGGREGATES[aggregate]} “${property}” van ${event}${window}`,
  eventTime: (which, event) => `de ${which === 'first' ? 'eerste' : 'laatste'} ${event}`,
  sequence: (steps, never, window, negated) => {
    const [first, ...then] = steps.map(({ event, days }) => (days === undefined ? event : `${event} binnen ${days === 1 ? '1 dag' : `${days} dagen`}`));
    const without = never ? ` en dan geen ${never.event}${never.days === undefined ? '' : ` in de ${days('eerste', never.days)} daarna`}` : '';
    return `${negated ? 'niet ' : ''}met ${[first, ...then].join(' en dan ')}${window}${without}`;
  },
  window: (window, format) => (window ? ` ${windowPhrase(window, format)}` : ''),
  account: (inner, negated) => `${negated ? 'niet ' : ''}van een account${inner === '' ? '' : ` ${inner}`}`,
  people: (count, role, inner) => `${count.kind === 'none' ? 'zonder' : `met ${amount(count)}`} ${people(role, count)}${inner === '' ? '' : ` ${inner}`}`,
  engagement: (did, campaign, count, window) => {
    const { one, several, of, any } = ENGAGED[did];
    const what = campaign === undefined ? any : `${of} campagne “${campaign}”`;
    const thing = count.kind === 'none' ? `zonder ${one}` : count.kind === 'at_least' && count.value === 1 ? `met een ${one}` : `met ${amount(count)} ${count.value === 1 ? one : several}`;
    return `${thing}${what === '' ? '' : ` ${what}`}${window}`;
  },
  parent: (depth, inner, negated) => `${negated ? 'zonder' : 'met een'} ${depth === 'direct' ? 'moederaccount' : 'account ergens boven zich'}${inner === '' ? '' : ` ${inner}`}`,
  subsidiaries: (depth, count, inner) => {
    const which = depth === 'direct' ? (count.value === 1 ? 'dochteraccount' : 'dochteraccounts') : `${count.value === 1 ? 'account' : 'accounts'} ergens onder zich`;
    return `${count.kind === 'none' ? 'zonder' : `met ${amount(count)}`} ${which}${inner === '' ? '' : ` ${inner}`}`;
  },
  sample: (percent, seed, negated) => `${negated ? 'buiten' : 'in'} de steekproef “${seed}” van ${percent}%`,
  segment: (key, negated) => `${negated ? 'niet ' : ''}in segment “${key}”`,
  list: (key, negated) => `${negated ? 'niet ' : ''}op de lijst “${key}”`,
  mailable: (purpose, negated) => `aan wie nu ${negated ? 'niet ' : ''}gemaild mag worden voor “${purpose}”`,
};

/** What came of a mail as a thing one has, so that the phrase fits one person and many. */
const ENGAGED: Record<Engagement, { one: string; several: string; of: string; any: string }> = {
  got: { one: 'ontvangen mail', several: 'ontvangen mails', of: 'van', any: '' },
  opened: { one: 'geopende mail', several: 'geopende mails', of: 'van', any: '' },
  clicked: { one: 'klik', several: 'kliks', of: 'in', any: 'in een mail' },
  replied: { one: 'antwoord', several: 'antwoorden', of: 'op', any: 'op een mail' },
};

/** The verb of a Dutch subordinate clause stands at its end: “het land niet NL is”. */
function predicate(label: string, operator: AttributeOperator, negated: boolean, { type, value, to, days: number }: Values): string {
  const not = negated ? 'niet ' : '';
  const later = type === 'date' || type === 'timestamp';
  switch (operator) {
    case 'equals':
    case 'in':
      return `${label} ${not}${value} is`;
    case 'not_equals':
    case 'not_in':
      return `${label} ${negated ? '' : 'niet '}${value} is`;
    case 'contains':
    case 'list_contains':
      return `${label} ${not}${value} bevat`;
    case 'list_contains_any':
      return `${label} ${negated ? 'geen ' : ''}${value} bevat`;
    case 'list_contains_all':
      return `${label} ${negated ? 'niet alles van ' : ''}${value} bevat`;
    case 'starts_with':
      return `${label} ${not}met ${value} begint`;
    case 'greater_than':
      return later ? `${label} ${not}na ${value} ligt` : `${label} ${not}hoger is dan ${value}`;
    case 'at_least':
      return later ? `${label} ${not}op of na ${value} ligt` : `${label} ${not}minstens ${value} is`;
    case 'less_than':
      return later ? `${label} ${not}vóór ${value} ligt` : `${label} ${not}lager is dan ${value}`;
    case 'at_most':
      return later ? `${label} ${not}op of vóór ${value} ligt` : `${label} ${not}hoogstens ${value} is`;
    case 'between':
      return later ? `${label} ${not}op of na ${value} en vóór ${to} ligt` : `${label} ${not}minstens ${value} en lager dan ${to} is`;
    case 'in_last_days':
      return `${label} ${not}in de ${days('laatste', number)} ligt`;
    case 'in_next_days':
      return `${label} ${not}in de ${days('komende', number)} ligt`;
    case 'more_than_days_ago':
      return `${label} ${not}meer dan ${number} ${number === 1 ? 'dag' : 'dagen'} geleden is`;
    case 'anniversary':
      return `${label} ${number === 0 ? 'vandaag ' : ''}${not}${number === 0 ? '' : `hoogstens ${number} ${number === 1 ? 'dag' : 'dagen'} voor of na vandaag `}verjaart`;
    case 'is_set':
      return `${label} ${negated ? 'onbekend' : 'bekend'} is`;
    case 'not_set':
      return `${label} ${negated ? 'bekend' : 'onbekend'} is`;
    default:
      return assertNever(operator);
  }
}

const AGGREGATES: Record<Aggregate, string> = { sum: 'het totaal van', average: 'het gemiddelde van', minimum: 'de laagste', maximum: 'de hoogste' };

function windowPhrase(window: EventWindow, format: (value: string) => string): string {
  switch (window.kind) {
    case 'last_days':
      return `in de ${days('laatste', window.days)}`;
    case 'last_hours':
      return window.hours === 1 ? 'in het laatste uur' : `in de laatste ${window.hours} uur`;
    case 'between':
      return `van ${format(window.from)} tot ${format(window.to)}`;
    default:
      return assertNever(window);
  }
}

/** "laatste dag", "laatste 7 dagen". */
function days(which: string, number: number): string {
  return number === 1 ? `${which} dag` : `${which} ${number} dagen`;
}

function times(count: CountPhrase): string {
  return count.kind === 'at_least' && count.value === 1 ? '' : `${amount(count)} keer `;
}

function amount({ kind, value }: CountPhrase): string {
  const words: Record<CountPhrase['kind'], string> = {
    none: 'geen',
    at_least: `minstens ${value}`,
    fewer_than: `minder dan ${value}`,
    at_most: `hoogstens ${value}`,
    more_than: `meer dan ${value}`,
    exactly: `precies ${value}`,
    not_exactly: `niet precies ${value}`,
  };
  return words[kind];
}

const ROLES: Record<PeopleRole, readonly [singular: string, plural: string]> = {
  initiator: ['initiatiefnemer', 'initiatiefnemers'],
  user: ['gebruiker', 'gebruikers'],
  influencer: ['beïnvloeder', 'beïnvloeders'],
  decider: ['beslisser', 'beslissers'],
  buyer: ['inkoper', 'inkopers'],
  gatekeeper: ['poortwachter', 'poortwachters'],
  any: ['lid van de koopgroep', 'leden van de koopgroep'],
};

function people(role: PeopleRole | undefined, count: CountPhrase): string {
  const [singular, plural] = role === undefined ? (['persoon', 'personen'] as const) : ROLES[role];
  return count.value === 1 ? singular : plural;
}
