import type { LetterLanguage } from './letter-texts.js';

/** What stands above a value in the copy, where the name of the column is no word for a person. English reads the column's own name. */
const FIELDS_NL: Readonly<Record<string, string>> = {
  field: 'gegeven', value: 'waarde', source: 'bron', purposes: 'waarvoor', purpose: 'waarvoor', at: 'wanneer', notice_version: 'versie privacyverklaring', obtained_from: 'gekregen van', notice_sent_at: 'privacyverklaring gestuurd',
  controller: 'verantwoordelijke', import_file: 'bestand', imported_at: 'ingelezen', kind: 'soort', since: 'sinds', until: 'tot', company: 'bedrijf', found_by: 'gevonden door', because: 'omdat', confidence: 'zekerheid', state: 'stand',
  role: 'rol', one_of_us_is_paired_with_you: 'een van ons is aan u gekoppeld', channel: 'kanaal', legal_basis: 'grondslag', given_at: 'gegeven', confirmed_at: 'bevestigd', ended_at: 'geëindigd', valid_until: 'geldig tot',
  frequency: 'hoe vaak', paused_until: 'pauze tot', changed_at: 'gewijzigd', requested_at: 'gevraagd', answer_by: 'te beantwoorden tot', closed_at: 'afgesloten', outcome: 'uitkomst', reason: 'reden', group: 'groep', change: 'wat er gebeurde',
  cause: 'aanleiding', campaign: 'campagne', step: 'stap', entered_at: 'begonnen', end_reason: 'reden van einde', class: 'soort mail', language: 'taal', template: 'sjabloon', queued_at: 'klaargezet', sent_at: 'verstuurd',
  response: 'antwoord van de mailserver', event: 'gebeurtenis', properties: 'eigenschappen', day: 'dag', count: 'aantal', score: 'score', inputs: 'gegevens', formula: 'berekening', comment: 'toelichting', answered_at: 'beantwoord', text: 'tekst',
  opened_at: 'begonnen', ends_at: 'eindigt', received_at: 'ontvangen', due_on: 'antwoord uiterlijk', identity: 'hoe wij wisten dat u het was', extension_reason: 'reden van uitstel', fields: 'gegevens', told: 'doorgegeven aan',
  undone_at: 'teruggedraaid', reasons: 'redenen', actor: 'door wie', actorName: 'naam', method: 'hoe', formVersion: 'formulier', wording: 'tekst die u zag', wordingVersion: 'versie van de tekst', wordingHash: 'kenmerk van de tekst',
  captureUrl: 'pagina', jurisdiction: 'land', confirmedAt: 'bevestigd', sentAt: 'mail verstuurd', policyVersion: 'versie van de regels', truncatedIp: 'ingekort IP-adres', userAgentHash: 'kenmerk van de browser',
  noticeVersion: 'versie privacyverklaring', doubleOptInTokenId: 'kenmerk van de bevestigingslink', messageId: 'nummer van de mail', note: 'notitie',
};

/** Values that are one of a fixed few, in the columns below; whatever people or companies wrote themselves stays as it is. */
const VALUES_NL: Readonly<Record<string, string>> = {
  requested: 'gevraagd', given: 'gegeven', confirmed: 'bevestigd', re_confirmed: 'opnieuw bevestigd', refused: 'geweigerd', withdrawn: 'ingetrokken', objected: 'bezwaar', expired: 'verlopen', email: 'e-mail', email_opens: 'openen van mail',
  email_clicks: 'klikken in mail', special_category: 'bijzondere gegevens', consent: 'toestemming', soft_opt_in: 'bestaande klant', legitimate_interest: 'gerechtvaardigd belang', contract: 'overeenkomst', legal_duty: 'wettelijke plicht',
  marketing: 'marketing', service: 'servicebericht', survey: 'enquête', personal: 'persoonlijk', opt_in_request: 'vraag om bevestiging', sent: 'verstuurd', denied: 'niet verstuurd', queued: 'wacht', failed: 'mislukt', bounced: 'niet bezorgd',
  completed: 'afgerond', active: 'loopt', exited: 'gestopt', waiting: 'wacht', entered: 'erin gekomen', left: 'eruit gegaan', snapshot: 'momentopname', self: 'uzelf', agent: 'een medewerker', import: 'overgenomen gegevens', access: 'inzage',
  erasure: 'verwijdering', rectification: 'verbetering', restriction: 'beperking', objection: 'bezwaar', portability: 'meenemen', done: 'uitgevoerd', open: 'open', closed: 'gesloten', weekly: 'wekelijks', monthly: 'maandelijks',
  digest: 'eens per twee weken', call: 'gesprek', meeting: 'afspraak', mail: 'mail', form: 'formulier', link: 'link', person: 'uzelf', third_party: 'een ander', public: 'een openbare bron', web_form: 'formulier op een website',
  preference_page: 'voorkeurenpagina', confirm_page: 'bevestigingspagina', one_click: 'één klik in een mail', phone: 'telefoon', paper: 'papier', nl: 'Nederlands', en: 'Engels', send: 'verstuurd', defer: 'uitgesteld', deny: 'niet verstuurd', review: 'ter beoordeling',
};
/** Fields of a profile; attributes of a company's own carry the name it gave them. */
const PROFILE_NL: Readonly<Record<string, string>> = {
  address_state: 'staat van het adres', birth_date: 'geboortedatum', city: 'plaats', country: 'land', created_at: 'bij ons sinds', derived_stage: 'fase volgens aankopen', email: 'e-mail', external_id: 'klantnummer', first_name: 'voornaam',
  first_order_at: 'eerste aankoop', job_title: 'functie', language: 'taal', last_name: 'achternaam', last_order_at: 'laatste aankoop', lifecycle_stage: 'fase', orders_count: 'aantal aankopen', orders_value: 'waarde van aankopen', phone: 'telefoon',
  time_zone: 'tijdzone', updated_at: 'laatst gewijzigd', user_id: 'gebruikersnummer', prefers_human_at: 'wil alleen mail van mensen sinds', profiling_off_at: 'afstemmen uit sinds', restricted_at: 'gebruik beperkt sinds',
};
const FIXED = new Set(['state', 'event', 'channel', 'legal_basis', 'kind', 'class', 'outcome', 'actor', 'method', 'change', 'frequency', 'language', 'obtained_from', 'reason']);

export function fieldWords(column: string, language: LetterLanguage): string {
  return inDutch(FIELDS_NL, column, language) ?? column.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase();
}

/** A value that is one of a fixed few, in words; anything else as it is. */
export function valueWords(column: string, value: string, language: LetterLanguage): string {
  if (column === 'field') return inDutch(PROFILE_NL, value, language) ?? value.replaceAll('_', ' ');
  if (!FIXED.has(column)) return value;
  return inDutch(VALUES_NL, value, language) ?? (/^[a-z]+(_[a-z]+)+$/.test(value) ? value.replaceAll('_', ' ') : value);
}

function inDutch(words: Readonly<Record<string, string>>, key: string, language: LetterLanguage): string | undefined {
  return language === 'nl' && Object.hasOwn(words, key) ? words[key] : undefined;
}
