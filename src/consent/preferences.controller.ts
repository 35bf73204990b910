import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TRACKING_SCOPES } from '../core/consent/chosen-settings.js';
import { addDaysTo } from '../core/shared/moments.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Public } from '../platform/http/scopes.js';
import { ConsentService, type PersonConsents } from './consent.service.js';
import { LinkHolders } from './link-holders.js';
import { PAGE_TEXTS, type PageLanguage, pageLanguage } from './page-texts.js';
import { agreedText, changesOf, dayIn, oftenChanges, preferencesView } from './preference-view.js';
import { type PreferencesForm, preferencesForm } from './preferences/preferences-form.js';
import { PreferencesService } from './preferences/preferences.service.js';
import { SETTINGS_TEXTS } from './preferences/settings-texts.js';
import { PublicPages } from './public-pages.js';
import { PurposesService } from './purposes.service.js';
import { RequestLimits } from './request-limits.js';
import { requestProof } from './request-proof.js';

/** The preference centre: works without JavaScript, cookie and login. The token in the path is the credential. */
@ApiExcludeController()
@Public()
@Controller('preferences')
export class PreferencesController {
  constructor(
    private readonly consent: ConsentService,
    private readonly preferences: PreferencesService,
    private readonly purposes: PurposesService,
    private readonly holders: LinkHolders,
    private readonly pages: PublicPages,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get(':token')
  async show(@Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const known = await this.holders.ofPreferences(token);
    const language = pageLanguage(asked, typeof known === 'string' ? undefined : known.person.language, accepted);
    if (known === 'too_many') return this.pages.tooMany(reply, language);
    if (known === 'closed') return this.pages.closed(reply, language, token);
    await this.page(reply, known, token, language);
  }

  @Post(':token')
  async change(
    @Param('token') token: string, @Query('lang') asked: unknown, @Headers('accept-language') accepted: string | undefined, @Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.limits.linkAllowed(request.ip, token))) return this.pages.tooMany(reply, pageLanguage(asked, undefined, accepted));
    const known = await this.holders.ofPreferences(token);
    const language = pageLanguage(asked, typeof known === 'string' ? undefined : known.person.language, accepted);
    if (known === 'too_many') return this.pages.tooMany(reply, language);
    if (known === 'closed') return this.pages.closed(reply, language, token);
    const contactId = known.person.contact_id;
    if (!(await this.limits.changeAllowed('preferences', contactId))) return this.pages.tooMany(reply, language);
    const saved = await this.apply(contactId, preferencesForm.safeParse(body).data, request, language);
    await this.page(reply, (await this.consent.load(contactId)) ?? known, token, language, saved);
  }

  private async apply(contactId: number, asked: PreferencesForm | undefined, request: FastifyRequest, language: PageLanguage): Promise<string | undefined> {
    if (!asked) return undefined; // not a form of ours: the page is shown again, nothing changes
    const words = SETTINGS_TEXTS[language];
    const proof = requestProof(request, { method: 'preference_page', url: `${this.config.publicUrl}/preferences`, language });
    const day = dayIn({ language, timeZone: this.config.defaultTimeZone });
    switch (asked.action) {
      case 'all_off':
        await this.consent.objectToAll(contactId, proof);
        return PAGE_TEXTS[language].preferences.savedAllOff;
      case 'save':
        await this.consent.change(contactId, changesOf(asked), proof, (purpose) => agreedText(purpose, language));
        await this.preferences.chooseOften(contactId, oftenChanges(asked));
        return PAGE_TEXTS[language].preferences.saved;
      case 'pause_30':
      case 'pause_90': {
        const days = asked.action === 'pause_30' ? 30 : 90;
        await this.preferences.pause(contactId, days);
        return words.savedPause(day(addDaysTo(this.clock.now(), days)));
      }
      case 'resume':
        await this.preferences.pause(contactId, null);
        return words.savedResume;
      case 'privacy': {
        const { on, off } = changesOf({ topic: asked.privacy, shown: asked.privacyShown });
        const scopes = (keys: readonly string[]) => TRACKING_SCOPES.filter((scope) => keys.includes(scope));
        await this.consent.track(contactId, { on: scopes(on), off: scopes(off) }, proof, (scope) => words.trackingAgreed[scope]);
        const switched = (key: string): boolean | undefined => (off.includes(key) ? true : on.includes(key) ? false : undefined);
        await this.preferences.switch(contactId, { profilingOff: switched('profiling'), prefersHuman: switched('automated') });
        return words.savedPrivacy;
      }
    }
  }

  private async page(reply: FastifyReply, known: PersonConsents, token: string, language: PageLanguage, saved?: string): Promise<void> {
    const settings = await this.preferences.load(known.person.contact_id);
    if (!settings) return this.pages.closed(reply, language, token);
    const view = preferencesView(known, settings, await this.purposes.all(), { language, timeZone: this.config.defaultTimeZone, now: this.clock.now(), token, saved });
    this.pages.send(reply, 200, this.pages.preferences(language, view));
  }
}
