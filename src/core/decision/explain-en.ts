import type { ExplainTexts, Words } from './explain.js';

const on = (since: string): string => (since === '' ? '' : ` on ${since}`);
const company = ({ account }: Words): string => account ?? 'the account';
const CHOSEN: Readonly<Record<string, string>> = { weekly: 'at most one mail a week', digest: 'the news of two weeks in one mail', monthly: 'at most one mail a month' };
const since = (moment: string): string => (moment === '' ? '' : ` since ${moment}`);
/** Whose: the person's, or of somebody at the account. */
const whose = (w: Words): string => (w.what === 'account' ? company(w) : w.person);
const until = (w: Words): string => (w.until === '' ? '; until a human closes it' : `; the machine keeps quiet until ${w.until}`);
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const BLOCKS: Readonly<Record<string, string>> = { legal: 'a legal matter', dispute: 'a dispute', competitor: 'a competitor' };

/** English sentences. Every code says what is so and what the reader can do. */
export const EXPLAIN_EN: ExplainTexts = {
  locale: 'en-GB',
  and: 'and',
  at: 'at',
  sent: (w, basis) => `${w.person} gets "${w.campaign}": ${basis}, and no restraint stands in the way.`,
  deferred: (w) => `${w.person} does not get "${w.campaign}" now; at the earliest on ${w.until}.`,
  tooLate: (w) => `${w.person} does not get "${w.campaign}" now, and by ${w.until} it would no longer be news: then it is dropped.`,
  review: (w) => `"${w.campaign}" to ${w.person} waits for a human to look at it.`,
  denied: (w) => `${w.person} does not get "${w.campaign}".`,
  grounds: {
    consent: 'there is proven consent',
    soft_opt_in: 'the existing-customer exception holds',
    contract: 'the contract asks for it',
    legal_duty: 'the law asks for it',
    legitimate_interest: 'there is a recorded, balanced interest',
    opt_in_request: 'there is an open request to confirm',
    reply_in_thread: 'it answers a mail of this person',
  },
  modifiers: {
    'profiling.off': () => 'With general content, because this person wants no profiling.',
    'field.stripped': (list) => `Without ${list}.`,
  },
  reasons: {
    'input.person_unknown': { text: () => 'This person is not in the database.', advice: () => 'Check the address or number, or import the person with source, date and notice.' },
    'input.address_invalid': {
      text: (w) => (w.what === 'missing' ? `There is no e-mail address of ${w.person}.` : w.what === 'unverified' ? `The address of ${w.person} came from an import and was never verified.` : `The address of ${w.person} is not a usable e-mail address.`),
      advice: () => 'Ask for the right address, or correct it where it came from and import it again.',
    },
    'input.provenance_missing': { text: (w) => `It is not on record where the data of ${w.person} came from, when, and under which notice.`, advice: () => 'Import the person again with source, date and notice version.' },
    'input.purpose_invalid': {
      text: (w) =>
        w.what === 'retired' ? `The purpose "${w.purpose}" is retired.` : w.what === 'ended' ? `The purpose "${w.purpose}" ended${on(w.since)}.` : w.what === 'channel' ? `The purpose "${w.purpose}" does not use e-mail.` : `There is no purpose "${w.purpose}".`,
      advice: () => 'Choose another purpose for the campaign, or let the data protection officer change this one.',
    },
    'input.controller_mismatch': { text: (w) => `The data of ${w.person} were collected by ${w.names[0] === '' ? 'this organisation itself' : (w.names[0] ?? 'another')}, and "${w.purpose}" is of ${w.names[1] === '' ? 'this organisation itself' : (w.names[1] ?? 'another')}.`, advice: () => 'Send from the organisation that collected the data, or ask for consent again.' },
    'input.class_mismatch': {
      text: (w) => `A ${w.names[0] ?? ''} message cannot be sent for the purpose "${w.purpose}", which is meant for ${w.names[1] ?? ''} on the basis of ${w.names[2] ?? ''}.`,
      advice: () => 'Choose a purpose that fits the message, or change the message class of the campaign.',
    },
    'input.fact_unavailable': { text: (w) => `Something needed for the decision could not be loaded: ${w.list}.`, advice: () => 'Nothing: it is tried again. If it stays so, ask the operator to look at the log.' },
    'input.merge_field_missing': { text: (w) => `The template needs ${w.list}, which is not known of ${w.person}.`, advice: () => 'Add the value to the contact, or give the field a fallback in the template.' },
    'legal.erased': { text: () => 'This address was erased at the request of its owner.', advice: () => 'Nothing: only the person can come back, by subscribing.' },
    'legal.restricted': { text: (w) => `The use of the data of ${w.person} is restricted (GDPR article 18)${on(w.since)}.`, advice: () => 'Wait until the data protection officer lifts the restriction.' },
    'legal.objected': { text: (w) => `${w.person} objected to direct marketing${on(w.since)}.`, advice: () => 'Nothing: an objection holds whatever the basis. The person can subscribe again.' },
    'legal.withdrawn': { text: (w) => `${w.person} withdrew consent for "${w.purpose}"${on(w.since)}.`, advice: () => 'Nothing: the person can subscribe again in the preference centre.' },
    'legal.minor': { text: (w) => `${w.person} is a minor.`, advice: () => 'Leave minors out of the segment; a parent has to consent.' },
    'legal.special_category': { text: (w) => `The campaign reads sensitive data (GDPR article 9), and ${w.person} gave no explicit consent to that for "${w.purpose}": ${w.list}.`, advice: () => 'Take these fields out of the segment and the template, or ask for explicit consent.' },
    'legal.notice_due': { text: (w) => `The data of ${w.person} came from ${w.what === 'public' ? 'a public source' : 'somebody else'}, and ${w.person} was never told that we hold them (GDPR article 14).`, advice: () => 'Send the privacy notice first, and record when.' },
    'legal.retention_elapsed': { text: (w) => `The data of ${w.person} may be kept for ${w.days} days after the last contact; that ended${on(w.since)}.`, advice: () => 'Erase the data, or lengthen the retention of the purpose if there is a ground for it.' },
    'purpose.data_not_allowed': {
      text: (w) => (w.names[0] === 'contact' ? `The data of ${w.person} were not collected for "${w.purpose}"${w.names.length > 1 ? `, and neither were ${w.names.slice(1).join(', ')}` : ''}.` : `The campaign reads data that may not be used for "${w.purpose}": ${w.list}.`),
      advice: (w) => (w.names[0] === 'contact' ? 'Ask this person for consent, or import the data with the purposes they were collected for.' : 'Take these fields out of segment and template, or let the data protection officer allow them for this purpose.'),
    },
    'basis.consent_missing': {
      text: (w) =>
        w.what === 'no_open_request' ? `${w.person} has no open request for "${w.purpose}" to confirm.` : w.what === 'never' ? `${w.person} was never asked, or never said yes, for "${w.purpose}".` : `${w.person} said no to "${w.purpose}"${on(w.since)}.`,
      advice: () => 'Offer the subscription form; do not add people by hand.',
    },
    'basis.consent_unconfirmed': { text: (w) => `${w.person} asked for "${w.purpose}"${on(w.since)} but has not confirmed it.`, advice: () => 'Wait for the confirmation; the request can be sent once more.' },
    'basis.consent_expired': { text: (w) => `The consent of ${w.person} for "${w.purpose}" ended${on(w.since)}.`, advice: () => 'Ask for it again, outside marketing mail.' },
    'basis.scope_mismatch': {
      text: (w) => (w.what === 'channel' ? `${w.person} consented to "${w.purpose}", but over another channel than e-mail.` : `What is on record of ${w.person} for "${w.purpose}" is not a consent but rests on ${w.what}.`),
      advice: () => 'Ask for consent to this purpose by e-mail.',
    },
    'basis.evidence_incomplete': { text: (w) => `The consent of ${w.person} for "${w.purpose}" cannot be proven: evidence is missing.`, advice: () => 'Complete the evidence (when, where, which text), or ask again.' },
    'basis.soft_opt_in.no_sale': { text: (w) => `${w.person} has not bought anything, so the existing-customer exception does not hold.`, advice: () => 'Ask for consent.' },
    'basis.soft_opt_in.not_similar': { text: () => 'It is not on record that this mail is about products similar to what was bought.', advice: () => 'Record it with the sale, or ask for consent.' },
    'basis.soft_opt_in.no_opt_out_offered': { text: (w) => `It is not on record that ${w.person} could refuse when the address was collected.`, advice: () => 'Record it with the sale, or ask for consent.' },
    'basis.soft_opt_in.channel': { text: () => 'The existing-customer exception does not cover this channel.', advice: () => 'Ask for consent.' },
    'basis.soft_opt_in.other_controller': { text: () => 'It is not on record that the sender is the one who made the sale.', advice: () => 'Send from the organisation that made the sale, or ask for consent.' },
    'basis.soft_opt_in.window': { text: (w) => `The last purchase of ${w.person} is not known to be within ${w.days} days.`, advice: () => 'Ask for consent.' },
    'basis.cold_b2b': { text: (w) => `The business address of ${w.person}${w.account === undefined ? '' : ` at ${w.account}`} was researched: no consent to "${w.purpose}", no sale.`, advice: () => 'Do not mail; a colleague can call or write in his own name.' },
    'basis.balancing_missing': { text: (w) => `"${w.purpose}" rests on legitimate interest, but no balancing assessment is recorded.`, advice: () => 'Let the data protection officer record the assessment with the purpose.' },
    'suppression.unsubscribed_all': { text: (w) => `${w.person} unsubscribed from everything.`, advice: () => 'Nothing: the person can subscribe again in the preference centre.' },
    'suppression.unsubscribed_topic': { text: (w) => `${w.person} unsubscribed from "${w.purpose}".`, advice: () => 'Nothing: the person can subscribe again in the preference centre.' },
    'suppression.complaint': { text: (w) => `${w.person} reported mail of ours as spam.`, advice: () => 'Nothing: do not mail this person again.' },
    'suppression.hard_bounce': { text: (w) => `Mail to the address of ${w.person} came back: it does not exist.`, advice: () => 'Ask for the new address, for instance by telephone.' },
    'suppression.domain': { text: (w) => `Nobody at ${w.list} is mailed, and the address of ${w.person} is there.`, advice: () => 'Ask the operator why this domain is blocked.' },
    'suppression.account': { text: (w) => `All mail to ${w.names[0] === 'contact' ? w.person : company(w)} is stopped${since(w.since)}: ${BLOCKS[w.what] ?? w.what}.`, advice: () => 'Ask the owner of the account; only a human ends this.' },
    'suppression.role_address': { text: (w) => `The address of ${w.person} belongs to a desk (such as info@ or sales@), not to a person.`, advice: () => 'Ask for a personal address.' },
    'suppression.manual': { text: (w) => `A colleague put the address of ${w.person} on the list of addresses that are never mailed.`, advice: () => 'Ask who did so and why, before taking it off the list.' },
    'suppression.soft_bounce': { text: (w) => `Mail to ${w.person} keeps coming back for the moment; it is tried again after ${w.until}.`, advice: () => 'Nothing, or ask for another address.' },
    'relationship.complaint_open': { text: (w) => `A complaint of ${whose(w)} is open${since(w.since)}${until(w)}.`, advice: () => 'Resolve the complaint first, and follow it up.' },
    'relationship.ticket_open': { text: (w) => `A severe support ticket of ${whose(w)} is open${since(w.since)}${until(w)}.`, advice: () => 'Resolve the ticket first, and follow it up.' },
    'relationship.detractor': { text: (w) => `${capital(w.what === 'account' ? `somebody at ${company(w)}` : w.person)} gave us a low score${on(w.since)}${until(w)}.`, advice: () => 'Call, and close the loop first.' },
    'relationship.human_conversation': { text: (w) => `A colleague is talking with ${whose(w)}${since(w.since)}${until(w)}.`, advice: () => 'Leave it to the colleague; the machine goes on when the conversation is closed.' },
    'relationship.account_replied': { text: (w) => `Somebody at ${company(w)} answered this campaign${on(w.since)}${until(w)}.`, advice: () => 'Answer personally; the machine goes on when the task is closed.' },
    'relationship.open_opportunity': { text: (w) => `There is an open opportunity at ${whose(w)}${since(w.since)}${until(w)}.`, advice: () => 'Ask the owner of the account.' },
    'relationship.meeting_booked': { text: (w) => `A meeting with ${whose(w)} was booked${on(w.since)}${until(w)}.`, advice: () => 'Wait until a week after the meeting.' },
    'relationship.prefers_human': { text: (w) => `${w.person} asked${on(w.since)} for no automated mail.`, advice: () => 'Write or call yourself.' },
    'relationship.goal_met': { text: (w) => `${w.person} already did what "${w.campaign}" asks for.`, advice: () => 'Nothing: the goal is reached.' },
    'relationship.duplicate_content': { text: (w) => `${w.person} already got this content${on(w.since)}, and within ${w.days} days it does not go again.`, advice: () => 'Nothing, or write something new.' },
    'campaign.already_sent': { text: (w) => `${w.person} already has this mail of "${w.campaign}".`, advice: () => 'Nothing: a step is sent once.' },
    'campaign.stopped': { text: (w) => (w.what === 'draft' ? `"${w.campaign}" has not been started.` : `"${w.campaign}" was stopped.`), advice: (w) => (w.what === 'draft' ? 'Start the campaign.' : 'Start a new campaign if it should go on.') },
    'campaign.exited': { text: (w) => `${w.person} left "${w.campaign}", because what it waited for happened.`, advice: () => 'Nothing: the campaign did its work.' },
    'approval.due': { text: (w) => `${capital(company(w))} is worked ${w.list}: somebody approves this mail to ${w.person} first.`, advice: () => 'Approve the draft, or drop it. Approved, it is decided on again.' },
    'approval.first_wave': { text: (w) => `${capital(company(w))} is worked ${w.list}: this mail waits until those of the first accounts were approved.`, advice: () => 'Approve the drafts of the first accounts.' },
    'approval.dropped': { text: (w) => `Somebody looked at this mail of "${w.campaign}" to ${w.person} and dropped it.`, advice: () => 'Nothing: the campaign goes on with its next step.' },
    'holdout.control': {
      text: (w) => (w.what === 'campaign' ? `${w.person} is in the control group of "${w.campaign}".` : `${w.person} is in the control group that no campaign mails.`),
      advice: () => 'Nothing: the control group shows what mailing brings. It can be made smaller in the policies.',
    },
    'pressure.cap_channel': { text: (w) => `${w.person} had ${w.count} of at most ${w.limit} mails in ${w.days} days; there is room from ${w.until}.`, advice: () => 'Wait, or leave out a less important campaign.' },
    'pressure.cap_total': { text: (w) => `${w.person} had ${w.count} of at most ${w.limit} messages in ${w.days} days, of all campaigns together; there is room from ${w.until}.`, advice: () => 'Wait, or leave out a less important campaign.' },
    'pressure.cap_purpose': { text: (w) => `${w.person} had ${w.count} of at most ${w.limit} messages about "${w.purpose}" in ${w.days} days; there is room from ${w.until}.`, advice: () => 'Wait, or send less often about this purpose.' },
    'pressure.cap_account': {
      text: (w) =>
        w.what === 'messages'
          ? `${company(w)} had ${w.count} of at most ${w.limit} messages in ${w.days} days; there is room from ${w.until}.`
          : `${w.count} of at most ${w.limit} people of ${company(w)} were written to in ${w.days} days${w.what === 'campaign_people' ? ' by this campaign' : ''}; there is room from ${w.until}.`,
      advice: () => 'Wait, or choose who of this account matters most.',
    },
    'pressure.min_gap': { text: (w) => `The last message to ${w.person} is less than ${w.hours} hours ago; the next can go from ${w.until}.`, advice: () => 'Wait, or shorten the gap in the policies.' },
    'pressure.chosen_frequency': {
      text: (w) => (w.what === 'paused' ? `${w.person} wants no mail of this kind until ${w.until}.` : `${w.person} chose ${CHOSEN[w.what] ?? 'less mail'}; there is room from ${w.until}.`),
      advice: () => 'Wait: this is what the person chose.',
    },
    'pressure.lost_arbitration': {
      text: (w) =>
        w.what === 'upcoming'
          ? `Mail of "${w.list}" to ${w.person} is due soon and is more important: this one waits until ${w.until}.`
          : `Mail of "${w.list}" to ${w.person} was more important and took the place of this one; there is room from ${w.until}.`,
      advice: (w) => `Wait, or give "${w.campaign}" a higher priority.`,
    },
    'pressure.saturated': {
      text: (w) => `${w.person} has had enough for now: the pressure is ${w.amount}, and with one more mail it must stay within ${w.most}; there is room from ${w.until}.`,
      advice: () => 'Wait, and send less to this person.',
    },
    'timing.quiet_hours': { text: (w) => `It is ${w.what === 'weekday' ? 'a day without mail' : 'outside the sending hours'} where ${w.person} is (${w.list}); the next hour is ${w.until}.`, advice: () => 'Nothing: it goes when the day begins there.' },
    'timing.timezone_unknown': { text: (w) => `The time zone of ${w.person} is not known; by the hours that are safe everywhere (${w.list}) it has to wait until ${w.until}.`, advice: () => 'Add the time zone or the city of the contact.' },
    'timing.holiday': { text: (w) => `It is a public holiday where ${w.person} is; the next hour is ${w.until}.`, advice: () => 'Nothing: it goes on the next working day.' },
    'timing.stale': { text: (w) => `The message could have gone since ${w.since}, and lives for ${w.hours} hours: it is no longer news.`, advice: () => 'Give the campaign a longer time to live, if the content allows it.' },
    'delivery.throttled': { text: (w) => `${w.list} sends at most ${w.limit} mails an hour, and those of this hour are used up; it goes on at ${w.until}.`, advice: () => 'Nothing: it goes on by itself.' },
    'delivery.warm_up': { text: (w) => `${w.list} is new and sends at most ${w.limit} mails today; it goes on at ${w.until}.`, advice: () => 'Nothing: it goes in the coming days.' },
    'delivery.reputation_pause': { text: (w) => `Sending from ${w.names[0] ?? ''} is paused${since(w.since)}${w.names[1] === undefined ? '' : `: ${w.names[1]}`}.`, advice: () => 'Look at the bounces and complaints of the last days; the operator ends the pause.' },
    'delivery.kill_switch': {
      text: (w) => (w.what === 'campaign' ? `"${w.campaign}" is paused.` : 'All sending is switched off.'),
      advice: (w) => (w.what === 'campaign' ? 'Resume the campaign.' : 'Switch sending on again in the policies.'),
    },
    'delivery.not_aligned': { text: (w) => `The sending domain ${w.names[0] ?? ''} is not set up for authenticated mail${w.names[1] === undefined ? '' : `: ${w.names[1]}`}.`, advice: () => 'Set up SPF, DKIM and DMARC of the domain, and have it checked again.' },
    'delivery.unsubscribe_headers_missing': { text: () => 'The mail cannot carry a link to unsubscribe that mailboxes follow: the public address of Tactful is not https.', advice: () => 'Let the operator set TACTFUL_PUBLIC_URL to an https address.' },
  },
};
