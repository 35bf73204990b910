import { isActive, mayBeSwitchedOff, type Purpose } from '../core/consent/purpose.js';
import { type Changes, isEverythingOff, mailConsent, type PersonConsents, preferenceIn } from './consent.service.js';
import { PAGE_TEXTS, type PageLanguage } from './page-texts.js';
import type { PreferencesView } from './public-pages.js';

const LOCALE: Record<PageLanguage, string> = { nl: 'nl-NL', en: 'en-GB' };

/** What the preference page shows a person. */
export function preferencesView(known: PersonConsents, purposes: readonly Purpose[], page: { language: PageLanguage; timeZone: string; now: Date; saved?: string | undefined }): PreferencesView {
  const { language, now } = page;
  const words = PAGE_TEXTS[language].preferences;
  const date = new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'long', timeZone: page.timeZone });
  const active = purposes.filter((purpose) => isActive(purpose, now));
  const topics = active.filter(mayBeSwitchedOff).map((purpose) => {
    const row = mailConsent(known, purpose.key);
    const standing = preferenceIn(known, purpose, now);
    const since = (moment: Date | null | undefined): string | undefined => (moment ? date.format(moment) : undefined);
    return {
      key: purpose.key,
      name: purpose.name[language],
      description: purpose.description[language],
      frequency: purpose.frequency[language],
      on: standing === 'on',
      standing: standing === 'on' ? words.on(since(row?.given_at)) : standing === 'unconfirmed' ? words.unconfirmed(since(row?.given_at)) : words.off,
    };
  });
  const others = active.filter((purpose) => !mayBeSwitchedOff(purpose)).map((purpose) => ({ name: purpose.name[language], description: purpose.description[language] }));
  return { maskedAddress: maskAddress(known.person.email), saved: page.saved, everythingOff: isEverythingOff(known), topics, others };
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

/** Enough for the owner to know his address; not enough for whoever the mail was forwarded to. */
export function maskAddress(address: string | null): string {
  const [local = '', domain = ''] = (address ?? '').split('@');
  if (domain === '') return '…';
  const end = domain.lastIndexOf('.');
  return `${first(local)}•••@${first(domain)}•••${domain.slice(end)}`;
}

function first(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x2026);
}
