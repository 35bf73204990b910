import { Injectable } from '@nestjs/common';
import type { Campaign } from '../../campaigns/campaign.js';
import { CampaignsService } from '../../campaigns/campaigns.service.js';
import { SteeringService } from '../../campaigns/steering.service.js';
import type { Purpose } from '../../core/consent/purpose.js';
import { newList } from '../../segments/lists.service.js';
import { ListsService } from '../../segments/lists.service.js';

const AUDIENCE = 'asked-to-confirm';
const KINDS = {
  opt_in: { prefix: 'opt-in', template: 'opt-in-request', name: (purpose: Purpose) => `Bevestiging: ${purpose.name.nl}` },
  re_confirmation: { prefix: 're-confirmation', template: 're-confirmation', name: (purpose: Purpose) => `Herbevestiging: ${purpose.name.nl}` },
} as const;

/**
 * The campaigns that ask people to confirm, one a purpose and kind, made when first needed. They are campaigns like any: people see them, pause them, read their
 * report, and each mail goes through the gate and the outbox. Nobody enters them by a rule: their list stays empty, requests put people in.
 */
@Injectable()
export class OptInCampaignsService {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly steering: SteeringService,
    private readonly lists: ListsService,
  ) {}

  /** The campaign, running or paused by somebody; undefined when it was stopped: then nobody is to be asked. */
  async of(purpose: Purpose, kind: keyof typeof KINDS): Promise<Campaign | undefined> {
    const key = `${KINDS[kind].prefix}-${purpose.key.replaceAll('_', '-')}`.slice(0, 63);
    const known = await this.campaigns.find(key);
    if (known && known.state !== 'draft') return usable(known);
    if (!known) await this.make(key, purpose, kind);
    await this.steering.start(key, 'system'); // of two at once one starts it; the other finds it running
    const started = await this.campaigns.find(key);
    return started && usable(started);
  }

  private async make(key: string, purpose: Purpose, kind: keyof typeof KINDS): Promise<void> {
    const list = { key: AUDIENCE, name: 'Gevraagd om te bevestigen', description: 'Blijft leeg: een aanvraag zet mensen zelf in de campagne.', scope: 'contact' };
    await this.lists.create(newList.parse(list), 'system');
    const definition = {
      audience: { segment: AUDIENCE, scope: 'contact' },
      entry: { kind: 'segment_entered' },
      purpose: purpose.key,
      messageClass: 'opt_in_request',
      steps: [{ kind: 'send', template: KINDS[kind].template }],
      timeToLiveHours: 72,
      reentry: 'always',
    };
    const made = await this.campaigns.create(key, KINDS[kind].name(purpose), definition, 'system');
    if (!made.ok && made.error.kind === 'definition_invalid') throw new Error(`The campaign ${key} cannot be made: ${made.error.problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
  }
}

function usable(campaign: Campaign): Campaign | undefined {
  return campaign.state === 'running' || campaign.state === 'paused' ? campaign : undefined;
}
