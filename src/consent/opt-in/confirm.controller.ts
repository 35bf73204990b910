import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isMailChannel } from '../../core/consent/consent-scope.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Public } from '../../platform/http/scopes.js';
import { ConsentService, type PersonConsents } from '../consent.service.js';
import { LinkTokens } from '../link-tokens.js';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from '../page-texts.js';
import { agreedText } from '../preference-view.js';
import { PreferenceLinks } from '../preference-links.js';
import { PublicPages } from '../public-pages.js';
import { RequestLimits } from '../request-limits.js';
import { requestProof } from '../request-proof.js';
import { TextsService, type Wording } from '../texts/texts.service.js';
import { type OpenRequest, OptInService, wordingProof } from './opt-in.service.js';

/** The second step of a double opt-in. The link shows a button; only its POST confirms, because scanners follow links. */
@ApiExcludeController()
@Public()
@Controller('confirm')
export class ConfirmController {
  constructor(
    private readonly optIn: OptInService,
    private readonly consent: ConsentService,
    private readonly texts: TextsService,
    private readonly tokens: LinkTokens,
    private readonly links: PreferenceLinks,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
  ) {}

  @Get(':token')
  async ask(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const open = await this.open(token);
    const language = pageLanguage(asked, open?.known.person.language, accepted);
    if (!open) return this.closed(reply, language);
    if (open.answered) return this.thank(reply, open, language);
    const words = PAGE_TEXTS[language].confirm;
    const mail = textOf(open.wordings.find(({ channel }) => isMailChannel(channel)), language);
    const about = mail ?? [open.purpose.description[language], open.purpose.frequency[language]].filter((part) => part !== '').join(' ');
    const beside = open.wordings.filter(({ channel }) => !isMailChannel(channel)).map((wording) => textOf(wording, language) ?? '');
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: [...words.paragraphs(open.purpose.name[language], about), ...beside], button: words.button }));
  }

  @Post(':token')
  async confirm(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const open = await this.open(token);
    const language = pageLanguage(asked, open?.known.person.language, accepted);
    if (!open) return this.closed(reply, language);
    if (!(await this.limits.changeAllowed('confirm', open.request.contact_id))) return this.pages.tooMany(reply, language);
    if (!open.answered) {
      const mail = open.wordings.find(({ channel }) => isMailChannel(channel));
      // The ledger keeps which token it was, not the token.
      const tokenId = createHash('sha256').update(token).digest('hex').slice(0, 32);
      const proof = {
        ...requestProof(request, { method: 'confirm_page', url: `${this.config.publicUrl}/confirm`, language }),
        ...(mail ? wordingProof(mail, language) : { wording: agreedText(open.purpose, language) }),
        doubleOptInTokenId: tokenId,
      };
      const outcome = await this.optIn.confirm(open, proof);
      if (outcome === 'closed' && !(await this.open(token))?.answered) return this.closed(reply, language); // another click was faster
    }
    this.thank(reply, open, language);
  }

  private async open(token: string): Promise<(OpenRequest & { wordings: readonly Wording[]; known: PersonConsents }) | undefined> {
    const link = this.tokens.open(token);
    const open = link?.kind === 'confirm' ? await this.optIn.open(link.contactId, link.requestId) : undefined;
    const known = open && (await this.consent.load(open.request.contact_id));
    if (!open || !known) return undefined;
    const wordings = await Promise.all(open.request.wordings.map((name) => this.texts.named(name)));
    return { ...open, known, wordings: wordings.filter((one) => one !== undefined) };
  }

  private thank(reply: FastifyReply, { purpose, request }: OpenRequest, language: PageLanguage): void {
    const words = PAGE_TEXTS[language].confirmed;
    const settings = { href: `${this.links.preferenceUrl({ contactId: request.contact_id })}?lang=${language}`, text: words.link };
    this.pages.send(reply, 200, this.pages.notice(language, { title: words.title, paragraphs: words.paragraphs(purpose.name[language]), link: settings }));
  }

  private closed(reply: FastifyReply, language: PageLanguage): void {
    this.pages.send(reply, 404, this.pages.notice(language, PAGE_TEXTS[language].closed));
  }
}

function textOf(wording: Wording | undefined, language: PageLanguage): string | undefined {
  return (wording?.texts[language] ?? wording?.texts.nl ?? wording?.texts.en)?.text;
}
