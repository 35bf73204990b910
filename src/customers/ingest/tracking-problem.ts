/** What can be wrong with a message, and what a person reads about it. `refused`: nothing of it is stored; `dropped`: the rest of it is. */
export const PROBLEM_KINDS = {
  body_unreadable: { refused: true, en: 'The body is not JSON that can be read.', nl: 'De inhoud is geen leesbare JSON.' },
  batch_missing: { refused: true, en: 'A batch needs its messages as a list in "batch".', nl: 'Een batch heeft zijn berichten nodig als lijst in "batch".' },
  encoding_unknown: { refused: true, en: 'The body is packed in a way that is not known; send it as it is, or with gzip.', nl: 'De inhoud is op een onbekende manier ingepakt; stuur hem zoals hij is, of met gzip.' },
  body_too_large: { refused: true, en: 'The request is larger than 32 KB, or a batch than 500 KB.', nl: 'Het verzoek is groter dan 32 KB, of een batch dan 500 KB.' },
  not_a_message: { refused: true, en: 'It is not an object, or a field has the wrong form.', nl: 'Het is geen object, of een veld heeft de verkeerde vorm.' },
  nested_too_deep: { refused: true, en: 'It is nested deeper than 100 levels.', nl: 'Het is dieper dan 100 niveaus genest.' },
  type_unknown: { refused: true, en: 'The type is none of identify, track, page, screen, group and alias.', nl: 'Het type is geen identify, track, page, screen, group of alias.' },
  no_identity: { refused: true, en: 'It names nobody: userId, anonymousId or, in an identify, traits.email.', nl: 'Het noemt niemand: userId, anonymousId of, bij identify, traits.email.' },
  identifier_invalid: { refused: true, en: 'An id is empty, longer than 255 characters or holds control characters.', nl: 'Een id is leeg, langer dan 255 tekens of bevat stuurtekens.' },
  event_name_missing: { refused: true, en: 'A track needs the name of its event: at most 200 characters, no control characters.', nl: 'Een track heeft de naam van de gebeurtenis nodig: hooguit 200 tekens, geen stuurtekens.' },
  group_id_missing: { refused: true, en: 'A group needs its groupId.', nl: 'Een group heeft een groupId nodig.' },
  previous_id_missing: { refused: true, en: 'An alias needs previousId and userId.', nl: 'Een alias heeft previousId en userId nodig.' },
  timestamp_unreadable: { refused: true, en: 'The timestamp is not an ISO 8601 moment that exists, nor milliseconds since 1970 (seconds are not taken).', nl: 'Het tijdstip is geen bestaand ISO 8601-moment en geen aantal milliseconden sinds 1970 (seconden worden niet gelezen).' },
  in_the_future: { refused: true, en: 'It is said to happen more than a day from now.', nl: 'Het zou meer dan een dag na nu gebeuren.' },
  before_1970: { refused: true, en: 'It is said to have happened before 1970.', nl: 'Het zou vóór 1970 gebeurd zijn.' },
  event_too_large: { refused: true, en: 'The event is larger than 32 KB.', nl: 'De gebeurtenis is groter dan 32 KB.' },
  too_many_events: { refused: true, en: 'A batch holds at most 2,500 events; this one came after them.', nl: 'Een batch bevat hooguit 2.500 gebeurtenissen; deze kwam daarna.' },
  address_erased: { refused: true, en: 'It names somebody by an address that was erased because its person asked; nothing of it was stored. Only that person can take this back.', nl: 'Het noemt iemand met een adres dat op verzoek is verwijderd; er is niets van bewaard. Alleen die persoon kan dat terugdraaien.' },
  text_unusable: { refused: false, en: 'A value holds a NUL, half a character (lone surrogate), a key such as __proto__, or is nested too deep; the value was dropped.', nl: 'Een waarde bevat een NUL, een half teken, een sleutel zoals __proto__ of is te diep genest; de waarde is weggelaten.' },
  trait_name: { refused: false, en: 'A trait has a name that cannot be an attribute; it was dropped.', nl: 'Een kenmerk heeft een naam die niet kan; het is weggelaten.' },
  trait_standard: { refused: false, en: 'A trait has the name of a field that Tactful fills itself; it was dropped.', nl: 'Een kenmerk heeft de naam van een veld dat Tactful zelf invult; het is weggelaten.' },
  trait_value: { refused: false, en: 'A trait is not a value of its field (a day, a country, an address …); it was dropped.', nl: 'Een kenmerk past niet in zijn veld (een dag, een land, een adres …); het is weggelaten.' },
  trait_type: { refused: false, en: 'A trait has another type than its attribute; it was dropped.', nl: 'Een kenmerk heeft een ander type dan het attribuut; het is weggelaten.' },
  trait_nested: { refused: false, en: 'A trait is nested deeper than one level, or is a list of objects; it was dropped.', nl: 'Een kenmerk is dieper dan één niveau genest, of is een lijst van objecten; het is weggelaten.' },
  trait_too_long: { refused: false, en: 'A trait is longer than 10,000 characters or 500 items; it was dropped.', nl: 'Een kenmerk is langer dan 10.000 tekens of 500 onderdelen; het is weggelaten.' },
  trait_limit: { refused: false, en: 'This source has 200 attributes that nobody has classified yet, or 500 in all, or the attribute is being removed; new ones are dropped until somebody makes room.', nl: 'Deze bron heeft 200 attributen die nog niemand heeft ingedeeld, of 500 in totaal, of het attribuut wordt verwijderd; nieuwe worden weggelaten tot iemand ruimte maakt.' },
  property_limit: { refused: false, en: 'An event has more than 200 properties; the others were dropped.', nl: 'Een gebeurtenis heeft meer dan 200 eigenschappen; de rest is weggelaten.' },
  event_name_limit: { refused: false, en: 'This source has 200 kinds of event that nobody has classified yet; new ones are stored, but cannot be classified until somebody makes room.', nl: 'Deze bron heeft 200 soorten gebeurtenissen die nog niemand heeft ingedeeld; nieuwe worden bewaard, maar staan nog niet in de lijst.' },
  email_of_another: { refused: false, en: 'An identify names an address that belongs to another contact; the address stays where it is. See the conflicts.', nl: 'Een identify noemt een adres dat van een ander contact is; het adres blijft waar het is. Zie de conflicten.' },
  anonymous_id_of_another: { refused: false, en: 'An identify comes from a device that belongs to another contact; the device stays with that one. See the conflicts.', nl: 'Een identify komt van een apparaat dat bij een ander contact hoort; het apparaat blijft daar. Zie de conflicten.' },
  alias_refused: { refused: false, en: 'A browser key may join visitors only, not two known contacts. See the conflicts.', nl: 'Een browsersleutel mag alleen bezoekers samenvoegen, geen twee bekende contacten. Zie de conflicten.' },
  address_change_refused: { refused: false, en: 'A browser key may tell the address of somebody without one, not change it.', nl: 'Een browsersleutel mag een adres invullen, niet wijzigen.' },
  time_zone_unknown: { refused: false, en: 'The time zone does not exist; it was ignored.', nl: 'De tijdzone bestaat niet; hij is genegeerd.' },
  consent_category_unknown: { refused: false, en: 'The key does not say which purposes a category of the consent tool is about; it was ignored.', nl: 'De sleutel zegt niet over welke doelen een toestemmingscategorie gaat; die is genegeerd.' },
  consent_without_evidence: { refused: false, en: 'A consent was not recorded: the key names no version of the text that was agreed to.', nl: 'Een toestemming is niet vastgelegd: de sleutel noemt geen versie van de tekst waarmee is ingestemd.' },
  account_pinned: { refused: false, en: 'A group names another account for somebody whom a human has pinned to one; the person stays there.', nl: 'Een groep noemt een ander account voor iemand die door een mens aan een account is vastgezet; de persoon blijft daar.' },
  account_name_taken: { refused: false, en: 'A group has the name of another account; that account keeps it.', nl: 'Een groep heeft de naam van een ander account; dat account houdt hem.' },
} as const satisfies Record<string, { refused: boolean; en: string; nl: string }>;

export type ProblemKind = keyof typeof PROBLEM_KINDS;

export function isRefusal(kind: ProblemKind): boolean {
  return PROBLEM_KINDS[kind].refused;
}

/** One thing that was refused or dropped: what, and where in the message. Names only, never a value. */
export interface TrackingProblem {
  readonly kind: ProblemKind;
  /** The field's name, such as "traits.plan". */
  readonly path?: string | undefined;
  readonly contactId?: number | undefined;
  readonly otherContactId?: number | undefined;
}
