import { campaignDefinition, type CampaignDefinition } from '../../../src/core/campaign/definition.js';

/** As the API takes it. */
export const newsletter = { audience: { segment: 'readers', scope: 'contact' }, entry: { kind: 'now' }, purpose: 'newsletter', steps: [{ kind: 'send', template: 'june' }] };

export const play = {
  audience: { segment: 'growing-accounts', scope: 'account', roles: ['decider', 'user'], perAccount: 2 },
  entry: { kind: 'now' },
  purpose: 'newsletter',
  sender: 'account_owner',
  steps: [{ kind: 'send', template: 'offer' }, { kind: 'wait', days: 3 }, { kind: 'exit_on_event', event: 'Replied' }, { kind: 'send', template: 'reminder' }],
};

export function aDefinition(change: Record<string, unknown> = {}): CampaignDefinition {
  return campaignDefinition.parse({ ...newsletter, ...change });
}
