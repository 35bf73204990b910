import { CHOICES_OF_FREQUENCY, type ChosenOften, PAUSE_DAYS, TRACKING_SCOPES } from '../core/consent/chosen-settings.js';
import { countryProfile } from '../core/consent/country-profiles.js';
import { isActive, mayBeSwitchedOff, type Purpose } from '../core/consent/purpose.js';
import { type Changes, isEverythingOff, mailConsent, type PersonConsents, preferenceIn } from './consent.service.js';
import { PAGE_TEXTS, type PageLanguage } from './page-texts.js';
import type { PersonSettings } from './preferences/preferences.service.js';
import { SETTINGS_TEXTS } from './preferences/settings-texts.js';
import type { PreferencesView, TopicView } from './public-pages.js';

const LOCALE: Record<PageLanguage, string> = { nl: 'nl-NL', en: 'en-GB' };

export interface PageOf {
  readonly language: PageLanguage;
  readonly timeZone: string;
  readonly now: Date;
  /** The path's token, for links to the pages beside this one. */
  readonly token: string;
  readonly saved?: string | undefined;
}

/** What the preference page shows a person. */
export function preferencesView(known: PersonConsents, settings: PersonSettings, purposes: readonly Purpose[], page: PageOf): PreferencesView {
  const { language, now } = page;
  const words = SETTINGS_TEXTS[language];
  const day = dayIn(page);
  const active = purposes.filter((purpose) => isActive(purpose, now));
  const pausedUntil = settings.chosen.find((row) => row.purpose === '' && row.paused_until !== null && row.paused_until > now)?.paused_until;
  return {
    token: encodeURIComponent(page.token),
    maskedAddress: maskAddress(known.person.email),
    saved: page.saved,
    everythingOff: isEverythingOff(known),
    humanOnly: settings.settings.prefers_human_at !== null,
    topics: active.filter(mayBeSwitchedOff).map((purpose) => topicView(known, settings, purpose, page)),
    often: optionsOf(settings, '', language),
    paused: pausedUntil ? words.paused(day(pausedUntil)) : undefined,
    pauses: PAUSE_DAYS.map((days) => ({ action: `pause_${days}`, text: words.pause(days) })),
    privacy: privacyView(known, settings, language),
    trackingNever: countryProfile(known.person.country, known.countries).openTracking === 'never' ? words.trackingNever : undefined,
    others: active.filter((purpose) => !mayBeSwitchedOff(purpose)).map((purpose) => ({ name: purpose.name[language], description: purpose.description[language] })),
  };
}

function topicView(known: PersonConsents, settings: PersonSettings, purpose: Purpose, page: PageOf): TopicView {
  const { language } = page;
  const [words, day] = [PAGE_TEXTS[language].preferences, dayIn(page)];
  const row = mailConsent(known, purpose.key);
  const standing = preferenceIn(known, purpose, page.now);
  const since = row?.given_at ? day(row.given_at) : undefined;
  const sent = settings.sent.find((one) => one.purpose === purpose.key);
  return {
    key: purpose.key,
    name: purpose.name[language],
    description: purpose.description[language],
    frequency: purpose.frequency[language],
    on: standing === 'on',
    standing: standing === 'on' ? words.on(since) : standing === 'unconfirmed' ? words.unconfirmed(since) : words.off,
    sent: SETTINGS_TEXTS[language].sent(sent?.mails ?? 0, sent && day(sent.last_sent_at)),
    often: optionsOf(settings, purpose.key, language),
    why: whyView(settings, purpose, standing === 'on', page),
  };
}

/** Why this topic comes: the basis in plain words, the very text that was agreed to, and where the data came from. */
function whyView(settings: PersonSettings, purpose: Purpose, on: boolean, page: PageOf): TopicView['why'] {
  const [words, day] = [SETTINGS_TEXTS[page.language], dayIn(page)];
  const yes = settings.records.find((one) => one.purpose === purpose.key && one.channel === 'email' && (one.event === 'given' || one.event === 're_confirmed'));
  const basis = yes?.legal_basis ?? purpose.legalBasis;
  const agreed = on && yes && basis === 'consent' ? { when: (yes.proof.wording === undefined ? words.agreedOnly : words.agreedOn)(day(yes.occurred_at), words.how(yes.proof.method ?? 'api')), text: yes.proof.wording ?? '' } : undefined;
  const { obtained_from: from, source, source_at: at } = settings.settings;
  return {
    summary: on ? words.why : words.whyOff,
    hidden: words.whyHidden(purpose.name[page.language]),
    basis: on ? words.basis[basis] : words.noBasis,
    agreed,
    source: source === null && from === 'person' ? undefined : words.source(from, source, at ? day(at) : undefined),
  };
}

function optionsOf(settings: PersonSettings, purpose: string, language: PageLanguage): TopicView['often'] {
  const now = settings.chosen.find((row) => row.purpose === purpose)?.frequency ?? '';
  return { shown: `${purpose}:${now}`, options: (['', ...CHOICES_OF_FREQUENCY] as const).map((choice) => ({ value: `${purpose}:${choice}`, text: SETTINGS_TEXTS[language].often[choice], selected: choice === now })) };
}

function privacyView(known: PersonConsents, { settings }: PersonSettings, language: PageLanguage): PreferencesView['privacy'] {
  const words = SETTINGS_TEXTS[language].privacy;
  const never = countryProfile(known.person.country, known.countries).openTracking === 'never';
  const followed = (scope: string): boolean => known.consents.some((row) => row.channel === scope && (row.state === 'given' || row.state === 'confirmed'));
  // Where nobody is followed there is nothing to switch on; somebody who was (he moved) can still switch it off.
  const tracking = TRACKING_SCOPES.filter((scope) => !never || followed(scope)).map((scope) => ({ key: scope, ...words[scope], on: followed(scope) }));
  return [...tracking, { key: 'profiling', ...words.profiling, on: settings.profiling_off_at === null }, { key: 'automated', ...words.automated, on: settings.prefers_human_at === null }];
}

export function dayIn({ language, timeZone }: Pick<PageOf, 'language' | 'timeZone'>): (moment: Date) => string {
  const format = new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'long', timeZone });
  return (moment) => format.format(moment);
}

/** The text that stands beside a switch, as the ledger keeps it: what somebody agreed to by switching it on. */
export function agreedText(purpose: Purpose, language: PageLanguage): string {
  return PAGE_TEXTS[language].preferences.agreed(purpose.name[language], [purpose.description[language], purpose.frequency[language]].filter((part) => part !== '').join(' '));
}

/**
 * What a posted form asks for. It tells how each switch stood when it was shown, so that a page left open for a week
 * changes only what was touched, and never a topic it did not show.
 */
export function changesOf(form: { readonly topic: readonly string[]; readonly shown: readonly string[] }): Changes {
  const switched = form.shown.map((text) => ({ key: text.replace(/:(on|off)$/, ''), was: text.endsWith(':on'), is: form.topic.includes(text.replace(/:(on|off)$/, '')) }));
  return { on: switched.filter((one) => one.is && !one.was).map((one) => one.key), off: switched.filter((one) => !one.is && one.was).map((one) => one.key) };
}

/** The frequencies that were touched: each is told as "purpose:choice", as it was shown and as it is. */
export function oftenChanges(form: { readonly often: readonly string[]; readonly oftenShown: readonly string[] }): { purpose: string; frequency: ChosenOften | null }[] {
  const shown = new Set(form.oftenShown);
  const purposes = new Set(form.oftenShown.map((text) => text.slice(0, text.lastIndexOf(':'))));
  return form.often.flatMap((text) => {
    const at = text.lastIndexOf(':');
    const [purpose, choice] = [text.slice(0, at), text.slice(at + 1)];
    const frequency = CHOICES_OF_FREQUENCY.find((one) => one === choice) ?? null;
    return at === -1 || shown.has(text) || !purposes.has(purpose) || (frequency === null && choice !== '') ? [] : [{ purpose, frequency }];
  });
}

/** Enough for the owner to know his address; not enough for whoever the mail was forwarded to. */
function maskAddress(address: string | null): string {
  const [local = '', domain = ''] = (address ?? '').split('@');
  if (domain === '') return '…';
  const end = domain.lastIndexOf('.');
  return `${first(local)}•••@${first(domain)}•••${domain.slice(end)}`;
}

function first(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x2026);
}
