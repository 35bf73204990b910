import { type Command, InvalidArgumentError } from 'commander';
import { type Boot, fail, withApp } from '../../platform/command-line.js';
import { DraftsService, type Verdict, type Wave, type WaveProblem } from './drafts.service.js';

const ACTOR = 'operator';
const MOST = 10_000;

/** `tactful drafts …`. */
export function registerDraftsCommands(program: Command, boot: Boot): void {
  const drafts = program.command('drafts').description('mail that waits for a human, because of the tier of its account');
  const act = (work: (service: DraftsService) => Promise<void>): Promise<void> => withApp(boot, (app) => work(app.get(DraftsService, { strict: false })));
  drafts
    .command('list')
    .description('what waits, what spoils first comes first')
    .option('--campaign <key>', 'of this campaign')
    .action(({ campaign }: { campaign?: string }) => act((service) => list(service, campaign)));
  for (const [verb, verdict] of [['approve', 'approved'], ['drop', 'dropped']] as const) {
    drafts
      .command(verb)
      .description(verb === 'approve' ? 'let it go; the gate decides again' : 'do not send it; the campaign goes on')
      .argument('<contact/message>', 'as "drafts list" shows it', draftId)
      .action((id: DraftId) => act((service) => settle(service, id, verdict)));
  }
  drafts
    .command('approve-wave')
    .description('let all go that waits at a step of a campaign; the gate decides again on each')
    .argument('<campaign>', 'its key')
    .requiredOption('--step <number>', 'as "drafts list" shows it', wholeNumber)
    .requiredOption('--count <number>', 'how many were looked at: where another number waits, none goes', wholeNumber)
    .option('--account <number>', 'those of this account alone', wholeNumber)
    .action((campaign: string, options: Omit<Wave, 'campaign'>) => act((service) => approveWave(service, { campaign, ...options })));
}

interface DraftId {
  readonly contactId: number;
  readonly messageId: number;
}

function draftId(text: string): DraftId {
  const found = /^([1-9]\d{0,15})\/([1-9]\d{0,15})$/.exec(text);
  if (!found) throw new InvalidArgumentError('write it as contact/message, such as 12/345');
  return { contactId: Number(found[1]), messageId: Number(found[2]) };
}

async function list(service: DraftsService, campaign: string | undefined): Promise<void> {
  const rows = await service.list({ campaign }, undefined, [new Date(0), 0], MOST);
  for (const row of rows) console.log(`${row.contact_id}/${row.message_id}\t${row.expires_at.toISOString().slice(0, 16)}\t${row.campaign_key} step ${row.step + 1}\t${row.contact_name ?? row.contact_email ?? '-'}\t${row.account_name ?? '-'} (${row.tier ?? '-'})`);
  if (rows.length === 0) console.log('Nothing waits for approval.');
}

async function settle(service: DraftsService, { contactId, messageId }: DraftId, verdict: Verdict): Promise<void> {
  const result = await service.settle(contactId, messageId, verdict, ACTOR, undefined);
  if (result.ok) return;
  fail(result.error.kind === 'missing' ? `There is no draft ${contactId}/${messageId}.` : `This mail waits for nobody (${result.error.state}).`);
}

async function approveWave(service: DraftsService, wave: Wave): Promise<void> {
  const result = await service.approveWave(wave, ACTOR, undefined);
  if (result.ok) return console.log(result.value === 0 ? 'Nothing waits for approval.' : `Approved: ${result.value}.`);
  fail(problemText(result.error, wave));
}

function problemText(problem: WaveProblem, { campaign, account, count }: Wave): string {
  switch (problem.kind) {
    case 'campaign_missing':
      return `There is no campaign ${campaign}.`;
    case 'account_missing':
      return `There is no account ${account ?? ''}.`;
    case 'another_count':
      return `${problem.waiting} drafts wait, not ${count}: look at them again.`;
    case 'too_many':
      return `More than ${problem.most} drafts wait: approve them account by account (--account).`;
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return number;
}
