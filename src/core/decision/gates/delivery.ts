import type { Gate } from './gate.js';

const RETRY = 15 * 60_000;

/** Mail that is held back as a whole: by the switch for everything, or because its campaign is paused. */
export const deliveryGate: Gate = {
  codes: ['delivery.kill_switch'],
  check({ request, policies, now }, findings) {
    if (policies.killSwitch) findings.add('delivery.kill_switch', { what: 'all' }, now + RETRY);
    else if (request.campaignState === 'paused') findings.add('delivery.kill_switch', { what: 'campaign' }, now + RETRY);
  },
};
