import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { consentProof } from '../../core/consent/consent-event.js';
import { isMailChannel } from '../../core/consent/consent-scope.js';
import { truncateIp } from '../../core/consent/truncate-ip.js';
import { normaliseAddress } from '../../core/mail/address.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { PurposesService } from '../purposes.service.js';
import { TextsService } from '../texts/texts.service.js';
import { OptInService } from './opt-in.service.js';

const version = z.string().regex(/^[a-z][a-z0-9-]{0,62}@[1-9]\d{0,8}$/, 'must be a published version such as newsletter-sign-up@3');

const request = z.strictObject({
  email: z.string().max(400).transform((text, context) => {
    const address = normaliseAddress(text);
    if (address.ok) return address.value;
    context.addIssue({ code: 'custom', message: 'is not an address that can be mailed' });
    return z.NEVER;
  }),
  language: z.enum(['nl', 'en']).default('nl'),
  /** What was shown and ticked: the text of the mail first, then consents of their own beside it; all for one purpose. */
  wordings: z.array(version).min(1).max(4),
  noticeVersion: z.string().trim().min(1).max(100),
  /** Where it was asked, and what the request showed. */
  proof: consentProof.pick({ method: true, formVersion: true, captureUrl: true, truncatedIp: true, userAgentHash: true, note: true }).extend({ actor: z.enum(['self', 'agent']).default('self'), actorName: consentProof.shape.actorName }),
});

@ApiTags('Consent')
@Controller('api/v1/opt-in-requests')
export class OptInController {
  constructor(
    private readonly optIn: OptInService,
    private readonly texts: TextsService,
    private readonly purposes: PurposesService,
  ) {}

  @Post()
  @HttpCode(202)
  @Scopes('consents:write')
  @Documented({ summary: 'Ask an address to confirm a sign-up from a form of your own: one mail, at most three a day. The answer is the same for every address', body: request })
  async ask(@Body() body: unknown): Promise<unknown> {
    const { email, language, noticeVersion, proof, wordings: names } = parse(request, body);
    const wordings = await Promise.all(names.map((name) => this.texts.named(name)));
    const known = wordings.filter((one) => one !== undefined);
    const [first] = known;
    const purpose = first && (await this.purposes.get(first.purpose));
    if (known.length < names.length || !purpose) throw new ProblemError({ status: 422, type: 'wording-unknown', title: 'There is no such version of a wording.', detail: names.filter((_, index) => !wordings[index]).join(', ') });
    if (!isMailChannel(first.channel) || known.some((one) => one.purpose !== first.purpose)) {
      throw new ProblemError({ status: 422, type: 'wordings-mixed', title: 'The first wording is the one of the mail, and all are for one purpose.' });
    }
    const truncatedIp = proof.truncatedIp === undefined ? undefined : truncateIp(proof.truncatedIp);
    const { truncatedIp: _, ...rest } = proof;
    await this.optIn.signUp({ email, language, purpose, wordings: known, noticeVersion, source: `form:${proof.formVersion ?? proof.method}`.slice(0, 200), proof: { ...rest, language, ...(truncatedIp !== undefined && { truncatedIp }) } });
    return { accepted: true };
  }
}
