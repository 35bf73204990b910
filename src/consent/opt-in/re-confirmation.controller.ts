import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { reConfirmationInput } from '../../core/consent/re-confirmation.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Scopes } from '../../platform/http/scopes.js';
import { ReConfirmationService } from './re-confirmation.service.js';

@ApiTags('Purposes')
@Controller('api/v1/purposes/:key/re-confirmations')
export class ReConfirmationController {
  constructor(private readonly reConfirmation: ReConfirmationService) {}

  @Post()
  @HttpCode(200)
  @Scopes('purposes:write', 'privacy:write')
  @Documented({ summary: 'Ask people once more for their consent, where that is lawful; by default only count who would be asked, who not, and why. Silence is a no', body: reConfirmationInput })
  async ask(@Param('key') key: string, @Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    const asked = await this.reConfirmation.ask(key, parse(reConfirmationInput, body ?? {}), actor);
    if (asked.ok) return asked.value;
    switch (asked.error) {
      case 'purpose_missing':
        throw notFound('purpose', key);
      case 'purpose_not_by_consent':
        throw new ProblemError({ status: 409, type: 'purpose-not-by-consent', title: 'This purpose does not rest on consent: there is nothing to confirm.' });
      case 'campaign_stopped':
        throw new ProblemError({ status: 409, type: 'campaign-stopped', title: 'The campaign that asks people of this purpose was stopped.' });
    }
  }
}
