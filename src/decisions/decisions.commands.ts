import { type Command, Option } from 'commander';
import type { Language } from '../core/decision/explain.js';
import { type Boot, withApp } from '../platform/command-line.js';
import { contactQuestion, type ExplainProblem, ExplainService } from './explain.service.js';
import { explanationText } from './explanation.js';

export function registerDecisionsCommands(program: Command, boot: Boot): void {
  program
    .command('explain')
    .description('tell why a person got the mails of a campaign, or did not')
    .requiredOption('--contact <email|id>', 'the e-mail address or the number of the contact')
    .requiredOption('--campaign <key>', 'the key of the campaign')
    .addOption(new Option('--language <language>', 'language of the explanation').choices(['nl', 'en']).default('en'))
    .action(async (options: { contact: string; campaign: string; language: Language }) => {
      await withApp(boot, async (app) => {
        await explain(app.get(ExplainService, { strict: false }), options);
      });
    });
}

async function explain(explainer: ExplainService, { contact, campaign, language }: { contact: string; campaign: string; language: Language }): Promise<void> {
  const asked = contactQuestion(contact);
  const explained = asked && (await explainer.explain({ ...asked, campaignKey: campaign }, [language]));
  if (explained?.ok) return console.log(explained.value.map(explanationText).join('\n\n'));
  console.error(explained ? problemText(explained.error, contact, campaign) : `There is no contact "${contact}".`);
  process.exitCode = 1;
}

function problemText(problem: ExplainProblem, contact: string, campaign: string): string {
  switch (problem.kind) {
    case 'contact_missing':
      return `There is no contact "${contact}".`;
    case 'campaign_missing':
      return `There is no campaign "${campaign}".`;
    case 'campaign_unusable':
      return `Nothing was decided on this person yet, and nothing can be decided now: ${problem.detail}`;
  }
}
