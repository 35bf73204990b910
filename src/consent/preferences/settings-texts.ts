import type { ChosenOften, TrackingScope } from '../../core/consent/chosen-settings.js';
import type { LegalBasis } from '../../core/consent/purpose.js';
import type { PageLanguage } from '../page-texts.js';

/** The words of the preference centre beside the switches of the topics. Dutch is the source; a key missing in English is a type error. */
const nl = {
  oftenLabel: 'Hoe vaak?',
  oftenAllLabel: 'Alles bij elkaar',
  oftenAllText: 'Kies je hier iets, dan telt alle mail van ons samen.',
  often: { '': 'Zo vaak als het komt', weekly: 'Hooguit één keer per week', digest: 'Hooguit één keer per twee weken', monthly: 'Hooguit één keer per maand' } satisfies Record<ChosenOften | '', string>,
  sent: (mails: number, last: string | undefined) => (mails === 0 || last === undefined ? 'De afgelopen 90 dagen kwam er niets.' : `De afgelopen 90 dagen ${mails === 1 ? 'kwam er één mail' : `kwamen er ${mails} mails`}, de laatste op ${last}.`),
  why: 'Waarom krijg ik dit?',
  whyOff: 'Hoe zit dit?',
  whyHidden: (name: string) => `Over: ${name}`,
  basisTitle: 'Waarom het mag',
  basis: {
    consent: 'Omdat je er zelf ja tegen zei. Je kunt dat op elk moment terugnemen.',
    soft_opt_in: 'Omdat je klant bij ons bent en dit over iets gaat dat lijkt op wat je kocht. Je kunt altijd nee zeggen.',
    legitimate_interest: 'Omdat wij er een belang bij hebben dat volgens ons opweegt tegen het jouwe. Je kunt altijd nee zeggen, zonder reden.',
    contract: 'Omdat het hoort bij wat we met je afspraken.',
    legal_duty: 'Omdat de wet ons verplicht je dit te laten weten.',
  } satisfies Record<LegalBasis, string>,
  noBasis: 'Je hebt hier geen ja tegen gezegd, dus je krijgt het niet.',
  agreedTitle: 'Waar je ja tegen zei',
  agreedOn: (day: string, how: string) => `Op ${day}, ${how}:`,
  agreedOnly: (day: string, how: string) => `Op ${day}, ${how}. De tekst van toen hebben we niet meer.`,
  how: (method: string) => HOW_NL[method] ?? `via “${method.replace(/[_-]/g, ' ')}”`,
  sourceTitle: 'Hoe wij aan je gegevens komen',
  source: (from: 'person' | 'third_party' | 'public', source: string | null, day: string | undefined) =>
    `${{ person: 'Van jou zelf', third_party: 'Van een ander, niet van jou zelf', public: 'Uit een openbare bron' }[from]}${source === null ? '' : ` (${source})`}${day === undefined ? '' : `, op ${day}`}.`,
  pauseTitle: 'Even geen mail',
  pauseText: 'Met een pauze blijven je keuzes bewaard. Daarna gaat het vanzelf weer verder.',
  pause: (days: number) => `${days} dagen pauze`,
  paused: (day: string) => `Er is pauze tot en met ${day}. Tot dan sturen we je geen reclame en geen nieuws.`,
  resume: 'Ga nu verder',
  savedPause: (day: string) => `De pauze loopt tot en met ${day}.`,
  savedResume: 'De pauze is voorbij: je krijgt weer wat je koos.',
  privacyTitle: 'Hoe we met je omgaan',
  privacy: {
    email_opens: { name: 'Bijhouden of ik een mail open', about: 'Staat uit, tenzij je het zelf aanzet. Zonder dit weten we niet of je onze mail las.' },
    email_clicks: { name: 'Bijhouden waar ik op klik', about: 'Staat uit, tenzij je het zelf aanzet. Links werken ook zonder.' },
    profiling: { name: 'Mail afstemmen op wat ik doe', about: 'Zet je dit uit, dan krijg je dezelfde mail als iedereen.' },
    automated: { name: 'Automatische mail', about: 'Zet je dit uit, dan krijg je van ons alleen nog mail die een mens schreef.' },
  } satisfies Record<TrackingScope | 'profiling' | 'automated', { name: string; about: string }>,
  trackingNever: 'In jouw land volgen we niemand bij het lezen van mail. Daar is geen keuze voor nodig.',
  savePrivacy: 'Bewaar deze keuzes',
  savedPrivacy: 'Bewaard. Zo gaan we vanaf nu met je om.',
  human: 'Je krijgt geen automatische mail van ons: alleen mail die een mens schreef.',
  trackingAgreed: { email_opens: 'Houd bij of ik jullie mails open.', email_clicks: 'Houd bij waar ik in jullie mails op klik.' } satisfies Record<TrackingScope, string>,
  personTitle: 'Liever een mens?',
  personText: 'Stel je vraag of zeg wat je dwarszit. Een van ons leest het en antwoordt; zolang sturen we je geen reclame.',
  personLink: 'Praat met een mens',
  dataTitle: 'Mijn gegevens',
  dataText: 'Je kunt zien wat we van je weten, een kopie krijgen, het verbeteren of laten wissen. Omdat het om jouw gegevens gaat, sturen we eerst een link naar het adres dat we van je hebben.',
  dataButton: 'Mail mij de link',
};

const HOW_NL: Readonly<Record<string, string>> = {
  web_form: 'met een formulier op een website', preference_page: 'op deze pagina', confirm_page: 'met de knop in een bevestigingsmail', one_click: 'met één klik in een mail', phone: 'aan de telefoon', paper: 'op papier',
  import: 'volgens gegevens die wij overnamen', tracking_api: 'op een website of in een app', api: 'via een ander systeem',
};
const HOW_EN: Readonly<Record<string, string>> = {
  web_form: 'with a form on a website', preference_page: 'on this page', confirm_page: 'with the button in a confirmation mail', one_click: 'with one click in a mail', phone: 'on the telephone', paper: 'on paper',
  import: 'according to data that we took over', tracking_api: 'on a website or in an app', api: 'by another system',
};

const en: typeof nl = {
  oftenLabel: 'How often?',
  oftenAllLabel: 'Everything together',
  oftenAllText: 'Choose something here, and all mail from us counts together.',
  often: { '': 'As often as it comes', weekly: 'At most once a week', digest: 'At most once in two weeks', monthly: 'At most once a month' },
  sent: (mails, last) => (mails === 0 || last === undefined ? 'Nothing came in the last 90 days.' : `In the last 90 days ${mails === 1 ? 'one mail came' : `${mails} mails came`}, the last on ${last}.`),
  why: 'Why do I get this?',
  whyOff: 'How is that?',
  whyHidden: (name) => `About: ${name}`,
  basisTitle: 'Why we may',
  basis: {
    consent: 'Because you said yes to it yourself. You can take that back at any moment.',
    soft_opt_in: 'Because you are a customer of ours and this is about something like what you bought. You can always say no.',
    legitimate_interest: 'Because we have an interest in it that in our view weighs up against yours. You can always say no, without a reason.',
    contract: 'Because it belongs to what we agreed with you.',
    legal_duty: 'Because the law obliges us to tell you this.',
  },
  noBasis: 'You have not said yes to this, so you do not get it.',
  agreedTitle: 'What you said yes to',
  agreedOn: (day, how) => `On ${day}, ${how}:`,
  agreedOnly: (day, how) => `On ${day}, ${how}. We no longer have the words of then.`,
  how: (method) => HOW_EN[method] ?? `by “${method.replace(/[_-]/g, ' ')}”`,
  sourceTitle: 'How we came by your data',
  source: (from, source, day) =>
    `${{ person: 'From you yourself', third_party: 'From somebody else, not from you', public: 'From a public source' }[from]}${source === null ? '' : ` (${source})`}${day === undefined ? '' : `, on ${day}`}.`,
  pauseTitle: 'No mail for a while',
  pauseText: 'During a pause your choices are kept. Afterwards it goes on by itself.',
  pause: (days) => `Pause for ${days} days`,
  paused: (day) => `There is a pause until ${day}. Until then we send you no advertising and no news.`,
  resume: 'Go on now',
  savedPause: (day) => `The pause lasts until ${day}.`,
  savedResume: 'The pause is over: you get what you chose again.',
  privacyTitle: 'How we treat you',
  privacy: {
    email_opens: { name: 'Note whether I open a mail', about: 'Off, unless you switch it on yourself. Without it we do not know whether you read our mail.' },
    email_clicks: { name: 'Note what I click', about: 'Off, unless you switch it on yourself. Links work without it too.' },
    profiling: { name: 'Fit mail to what I do', about: 'Switch this off and you get the same mail as everybody.' },
    automated: { name: 'Automated mail', about: 'Switch this off and you only get mail from us that a person wrote.' },
  },
  trackingNever: 'In your country we follow nobody in reading mail. There is no choice needed for that.',
  savePrivacy: 'Save these choices',
  savedPrivacy: 'Saved. This is how we treat you from now on.',
  human: 'You get no automated mail from us: only mail that a person wrote.',
  trackingAgreed: { email_opens: 'Note whether I open your mails.', email_clicks: 'Note what I click in your mails.' },
  personTitle: 'Rather a person?',
  personText: 'Ask your question, or say what bothers you. One of us reads it and answers; until then we send you no advertising.',
  personLink: 'Talk to a person',
  dataTitle: 'My data',
  dataText: 'You can see what we know about you, get a copy, correct it or have it erased. As it is your data, we first send a link to the address we have of you.',
  dataButton: 'Mail me the link',
};

export const SETTINGS_TEXTS: Readonly<Record<PageLanguage, typeof nl>> = { nl, en };
