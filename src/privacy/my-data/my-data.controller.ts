import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isMyDataLinkFresh, LinkTokens } from '../../consent/link-tokens.js';
import { type PageLanguage, pageLanguage } from '../../consent/page-texts.js';
import { plainText } from '../../consent/plain-text.js';
import { dayIn } from '../../consent/preference-view.js';
import { PublicPages } from '../../consent/public-pages.js';
import { RequestLimits } from '../../consent/request-limits.js';
import { Clock } from '../../platform/clock/clock.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Public } from '../../platform/http/scopes.js';
import type { MyDataRow } from './my-data.queries.js';
import { MY_DATA_TEXTS } from './my-data-texts.js';
import { myDataView, type MyDataOutcome } from './my-data-view.js';
import { CORRECTABLE, MyDataService } from './my-data.service.js';

const field = plainText(200).optional();
const form = z.discriminatedUnion('action', [
  z.object({ action: z.literal('correct'), first_name: field, last_name: field, language: field, country: field, time_zone: field }),
  z.object({ action: z.enum(['access', 'portability', 'restriction', 'objection']) }),
  z.object({ action: z.literal('rectification'), wish: plainText(2_000).catch('') }),
  z.object({ action: z.literal('erasure'), sure: z.string().optional() }),
]);
type Form = z.output<typeof form>;

/** One's own data: see, copy, correct, restrict, erase. Only by a link that was mailed to the address on file within the last 24 hours; GET changes nothing. */
@ApiExcludeController()
@Public()
@Controller('my-data')
export class MyDataController {
  constructor(
    private readonly data: MyDataService,
    private readonly tokens: LinkTokens,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'defaultTimeZone'>,
  ) {}

  @Get(':token')
  async show(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.opened(token, asked, accepted, request, reply, (person, language) => this.page(reply, person, language, {}));
  }

  @Post(':token')
  async change(
    @Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.opened(token, asked, accepted, request, reply, async (person, language) => {
      if (!(await this.limits.changeAllowed('my_data', person.contact_id))) return this.pages.tooMany(reply, language);
      const given = form.safeParse(body).data;
      const outcome = given ? await this.apply(person, given, language) : {};
      this.page(reply, (await this.data.read(person.contact_id)) ?? person, language, outcome);
    });
  }

  private async apply(person: MyDataRow, given: Form, language: PageLanguage): Promise<MyDataOutcome> {
    const words = MY_DATA_TEXTS[language];
    if (given.action === 'correct') {
      const fields = Object.fromEntries(CORRECTABLE.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
      const invalid = await this.data.correct(person.contact_id, fields);
      return invalid.length === 0 ? { saved: words.saved } : { problem: `${invalid.map((name) => words.fields[name]).join(', ')}: ${words.invalid}`, invalid, given: fields };
    }
    if (given.action === 'erasure' && given.sure !== 'yes') return { problem: words.notSure };
    const wish = given.action === 'rectification' ? given.wish : '';
    if (given.action === 'rectification' && wish === '') return { problem: words.noWish };
    const due = await this.data.request(person.contact_id, given.action, language, wish);
    return due ? { saved: words.asked(dayIn({ language, timeZone: this.config.defaultTimeZone })(due)) } : {};
  }

  /** Whatever is wrong with a link, the page is the same: a new one can be mailed, and whose it was is not told. */
  private async opened(
    token: string, asked: unknown, accepted: string | undefined, request: FastifyRequest, reply: FastifyReply, work: (person: MyDataRow, language: PageLanguage) => Promise<void> | void,
  ): Promise<void> {
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const link = this.tokens.open(token);
    const fresh = link?.kind === 'my_data' && isMyDataLinkFresh(link, this.clock.now()) ? link : undefined;
    if (fresh && !(await this.limits.readAllowed(fresh.contactId))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const person = fresh && (await this.data.read(fresh.contactId));
    const language = pageLanguage(asked, person?.language, accepted);
    if (person) return work(person, language);
    this.pages.send(reply, 404, this.pages.notice(language, { ...MY_DATA_TEXTS[language].closed, action: `/preferences/${encodeURIComponent(token)}/my-data` }));
  }

  private page(reply: FastifyReply, person: MyDataRow, language: PageLanguage, outcome: MyDataOutcome): void {
    const words = MY_DATA_TEXTS[language];
    const title = outcome.problem === undefined ? words.title : `${words.invalidTitle}: ${words.title}`;
    this.pages.send(reply, outcome.problem === undefined ? 200 : 422, this.pages.body('my-data', language, title, myDataView(person, language, outcome)));
  }
}
