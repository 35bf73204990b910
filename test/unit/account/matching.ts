import type { Candidates, DomainKnowledge, Lead } from '../../../src/core/account/match-account.js';

/** A small world of domains: two labels are registered, these are everybody's. */
const PUBLIC = new Set(['gmail.com', 'ziggo.nl', 'mailinator.com', 'shared.example']);
const SUFFIXES = new Set(['com', 'nl', 'example', 'co.uk', 'github.io']);

export const SMALL_WORLD: DomainKnowledge = {
  registrable: (host) => {
    const labels = host.split('.');
    for (let index = 1; index < labels.length; index += 1) if (SUFFIXES.has(labels.slice(index).join('.'))) return labels.slice(index - 1).join('.');
    return null;
  },
  isPublic: (domain) => PUBLIC.has(domain),
};

export const lead = (given: Partial<Lead> = {}): Lead => ({ host: null, country: null, companyName: null, numbers: [], ...given });
export const candidates = (given: Partial<Candidates> = {}): Candidates => ({ pinned: null, byAddress: [], domains: [], numbers: [], names: [], refused: [], ...given });
export const verified = (accountId: number, domain: string) => ({ accountId, domain, verified: true });
