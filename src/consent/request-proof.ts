import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { truncateIp } from '../core/consent/truncate-ip.js';
import type { ActProof } from './consent.service.js';
import type { PageLanguage } from './page-texts.js';

/** What a request of the person proves. The address of the page without its token: the token is a credential and is kept nowhere. */
export function requestProof(request: FastifyRequest, page: { method: 'one_click' | 'preference_page' | 'confirm_page' | 'web_form'; url: string; language: PageLanguage; messageId?: number }): ActProof {
  const truncatedIp = truncateIp(request.ip);
  const userAgent = request.headers['user-agent'];
  return {
    actor: 'self',
    method: page.method,
    language: page.language,
    captureUrl: page.url,
    ...(page.messageId !== undefined && page.messageId > 0 && { messageId: page.messageId }),
    ...(truncatedIp !== undefined && { truncatedIp }),
    ...(userAgent !== undefined && { userAgentHash: createHash('sha256').update(userAgent).digest('hex') }),
  };
}
