import { ACCOUNT_STAGES } from '../core/account/account-stage.js';

export interface DemoCampaign {
  readonly name: string;
  readonly scope: 'contact' | 'account';
  /** People enrolled. */
  readonly audience: number;
  /** Person × step that was decided; sent + deferred + review + denied. */
  readonly messages: number;
  readonly sent: number;
  readonly deferred: number;
  readonly review: number;
  readonly denied: number;
  /** How often each reason was the first one, over everything that was not sent. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Mail that gave way to more important mail to the same person, and what became of it. */
  readonly arbitration: { readonly lost: number; readonly wentLater: number; readonly waiting: number; readonly dropped: number };
}

export interface DemoScores {
  /** Accounts by stage. */
  readonly stages: Readonly<Record<string, number>>;
  /** At least this fit and this engagement. */
  readonly warm: { readonly fit: string; readonly engagement: number; readonly accounts: readonly { readonly name: string; readonly fit: string; readonly engagement: number }[] };
}

export interface DemoResult {
  readonly contacts: number;
  readonly accounts: number;
  readonly events: number;
  readonly segments: readonly { readonly name: string; readonly count: number }[];
  readonly scores: DemoScores;
  readonly campaigns: readonly DemoCampaign[];
  readonly mailbox: number;
  readonly decisions: number;
}

export interface ExplainedDecision {
  readonly campaign: string;
  readonly contact: string;
  readonly text: string;
}

/** The run as a person reads it in a terminal. */
export function demoReport(result: DemoResult, explained: readonly ExplainedDecision[]): string {
  const count = (value: number): string => value.toLocaleString('en');
  const lines = [
    '',
    `${count(result.contacts)} contacts, ${count(result.accounts)} accounts, ${count(result.events)} events`,
    '',
    ...table(['Segment', 'Members'], result.segments.map((segment) => [segment.name, count(segment.count)])),
    '',
    `Accounts by stage: ${ACCOUNT_STAGES.flatMap((stage) => (result.scores.stages[stage] === undefined ? [] : [`${count(result.scores.stages[stage])} ${words(stage)}`])).join(', ')}`,
    warmLine(result.scores.warm),
    '',
    ...table(
      ['Campaign', 'Audience', 'Messages', 'Sent', 'Deferred', 'Review', 'Denied'],
      result.campaigns.map((campaign) => [campaign.name, count(campaign.audience), count(campaign.messages), count(campaign.sent), count(campaign.deferred), count(campaign.review), count(campaign.denied)]),
    ),
  ];
  for (const campaign of result.campaigns) {
    lines.push('', `Not sent in "${campaign.name}", by first reason`);
    const reasons = Object.entries(campaign.byReason).sort(([, a], [, b]) => b - a);
    lines.push(...table(['', ''], reasons.map(([reason, times]) => [`  ${reason}`, count(times)])).slice(2));
    const { lost, wentLater, waiting, dropped } = campaign.arbitration;
    if (lost > 0) lines.push(`  ${count(lost)} gave way to more important mail to the same person: ${count(wentLater)} went later, ${count(waiting)} wait, ${count(dropped)} came too late`);
  }
  lines.push('', 'Five decisions, explained', ...explained.map(({ campaign, contact, text }) => `\n  ${contact} · ${campaign}\n${indented(text)}`));
  lines.push('', `${count(result.mailbox)} mails in the mailbox, ${count(result.decisions)} decisions stored.`);
  return lines.join('\n');
}

function warmLine({ fit, engagement, accounts }: DemoScores['warm']): string {
  const named = accounts.slice(0, 5).map((one) => `${one.name} (${one.fit}, ${one.engagement})`);
  return `${accounts.length} warm ${accounts.length === 1 ? 'account' : 'accounts'} (fit ${fit} or better, engagement ${engagement} or more)${named.length > 0 ? `: ${named.join(', ')}${accounts.length > named.length ? ' …' : ''}` : ''}`;
}

function words(stage: string): string {
  return stage.replaceAll('_', ' ');
}

function indented(text: string): string {
  return text.split('\n').map((line) => `    ${line}`).join('\n');
}

/** Columns of even width: the first to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('   ').trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)];
}
