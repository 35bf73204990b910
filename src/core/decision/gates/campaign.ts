import type { Gate } from './gate.js';

/** Whether this step of this campaign is still this person's to get. */
export const campaignGate: Gate = {
  codes: ['campaign.already_sent', 'campaign.stopped', 'campaign.exited'],
  check({ facts, request }, findings) {
    if (request.phase === 'plan' && facts.alreadySent === true) findings.add('campaign.already_sent');
    if (request.campaignState === 'stopped' || request.campaignState === 'draft') findings.add('campaign.stopped', { what: request.campaignState });
    if (facts.exited === true) findings.add('campaign.exited');
  },
};

/** The control group gets nothing, so that there is something to compare with. */
export const holdoutGate: Gate = {
  codes: ['holdout.control'],
  check({ facts }, findings) {
    if (facts.holdout !== undefined && facts.holdout !== 'none') findings.add('holdout.control', { what: facts.holdout });
  },
};
