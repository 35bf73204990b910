import type { Decision, Modifier, Reason } from './decision.js';
import { EXPLAIN_EN } from './explain-en.js';
import { EXPLAIN_NL } from './explain-nl.js';
import type { MessageClass } from './message-class.js';
import type { ReasonCode, Verdict } from './reasons.js';

export type Language = 'nl' | 'en';

/** The names that stand in the sentences, as the reader knows them. */
export interface ExplainedNames {
  readonly person: string;
  readonly account?: string | undefined;
  readonly campaign: string;
  /** The purpose's name in the language of the explanation. */
  readonly purpose: string;
}

export interface ExplainedMoment {
  readonly now: Date;
  /** The zone in which times are told. */
  readonly timeZone: string;
  readonly messageClass: MessageClass;
  /** When the message's time to live ends. */
  readonly expiresAt?: Date | undefined;
}

export interface ExplainedReason {
  readonly code: ReasonCode;
  readonly text: string;
  /** What the reader can do about it. */
  readonly advice: string;
}

export interface ExplainedDecision {
  readonly verdict: Verdict;
  readonly primary?: ReasonCode | undefined;
  /** One sentence with the outcome. */
  readonly headline: string;
  readonly reasons: readonly ExplainedReason[];
}

/** What a sentence may use; texts that are not known are empty. */
export interface Words extends ExplainedNames {
  readonly list: string;
  readonly names: readonly string[];
  readonly count: number;
  readonly limit: number;
  /** Count and limit of what is not counted in whole things, as it is written in the language. */
  readonly amount: string;
  readonly most: string;
  readonly days: string;
  readonly hours: string;
  readonly what: string;
  readonly since: string;
  readonly until: string;
  readonly messageClass: MessageClass;
}

export interface ReasonText {
  readonly text: (words: Words) => string;
  readonly advice: (words: Words) => string;
}

export interface ExplainTexts {
  readonly reasons: Readonly<Record<ReasonCode, ReasonText>>;
  readonly and: string;
  /** Between a date and a time. */
  readonly at: string;
  readonly locale: string;
  readonly sent: (words: Words, basis: string) => string;
  readonly deferred: (words: Words) => string;
  readonly tooLate: (words: Words) => string;
  readonly review: (words: Words) => string;
  readonly denied: (words: Words) => string;
  readonly modifiers: Readonly<Record<Modifier['code'], (list: string) => string>>;
  readonly grounds: Readonly<Record<NonNullable<Decision['basis']>, string>>;
}

const TEXTS: Readonly<Record<Language, ExplainTexts>> = { nl: EXPLAIN_NL, en: EXPLAIN_EN };

/** A decision as sentences, with for every reason what can be done about it. */
export function explainDecision(decision: Decision, names: ExplainedNames, moment: ExplainedMoment, language: Language): ExplainedDecision {
  const texts = TEXTS[language];
  const reasons = decision.reasons.map((reason) => explainReason(reason, names, moment, language));
  return { verdict: decision.verdict, ...(decision.primary && { primary: decision.primary }), headline: headline(decision, names, moment, texts), reasons };
}

export function explainReason(reason: Reason, names: ExplainedNames, moment: ExplainedMoment, language: Language): ExplainedReason {
  const texts = TEXTS[language];
  const words = wordsOf(reason, names, moment, texts);
  const { text, advice } = texts.reasons[reason.code];
  return { code: reason.code, text: text(words), advice: advice(words) };
}

function headline(decision: Decision, names: ExplainedNames, moment: ExplainedMoment, texts: ExplainTexts): string {
  const words = wordsOf({ code: 'input.fact_unavailable', ...(decision.notBefore && { notBefore: decision.notBefore }) }, names, moment, texts);
  switch (decision.verdict) {
    case 'send':
      return [texts.sent(words, decision.basis ? texts.grounds[decision.basis] : ''), ...decision.modifiers.map(({ code, names: fields = [] }) => texts.modifiers[code](joined(fields, texts.and)))].join(' ');
    case 'defer': {
      const late = decision.notBefore && moment.expiresAt && decision.notBefore > moment.expiresAt;
      return late ? texts.tooLate(words) : texts.deferred(words);
    }
    case 'review':
      return texts.review(words);
    case 'deny':
      return texts.denied(words);
  }
}

function wordsOf(reason: Reason, names: ExplainedNames, moment: ExplainedMoment, texts: ExplainTexts): Words {
  const { detail } = reason;
  const list = detail?.names ?? [];
  return {
    ...names,
    names: list,
    list: joined(list, texts.and),
    count: detail?.count ?? 0,
    limit: detail?.limit ?? 0,
    amount: quantity(detail?.count ?? 0, texts.locale),
    most: quantity(detail?.limit ?? 0, texts.locale),
    days: detail?.days === undefined ? '' : quantity(detail.days, texts.locale),
    hours: detail?.hours === undefined ? '' : quantity(detail.hours, texts.locale),
    what: detail?.what ?? '',
    since: detail?.since ? tell(detail.since, moment.timeZone, texts) : '',
    until: reason.notBefore ? tell(reason.notBefore, moment.timeZone, texts) : '',
    messageClass: moment.messageClass,
  };
}

function joined(list: readonly string[], and: string): string {
  return list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} ${and} ${list.at(-1) ?? ''}`;
}

function quantity(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** 'Thursday 11 June 2026 at 10:00': put together here, because where commas stand changes between versions of Intl. */
function tell(moment: Date, timeZone: string, texts: ExplainTexts): string {
  const key = `${texts.locale} ${timeZone}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(texts.locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(key, format);
  }
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const part of format.formatToParts(moment)) parts[part.type] = part.value;
  return `${parts.weekday ?? ''} ${parts.day ?? ''} ${parts.month ?? ''} ${parts.year ?? ''} ${texts.at} ${parts.hour ?? ''}:${parts.minute ?? ''}`;
}
