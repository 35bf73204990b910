import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { UNKNOWN_COUNTRY } from '../core/consent/country-profiles.js';
import { Documented } from '../platform/http/documented.js';
import { Scopes } from '../platform/http/scopes.js';
import { CountryProfilesService } from './country-profiles.service.js';

@ApiTags('Policies')
@Controller('api/v1/country-profiles')
export class CountryProfilesController {
  constructor(private readonly profiles: CountryProfilesService) {}

  @Get()
  @Scopes('policies:read')
  @Documented({ summary: 'What each country asks of mail to its people; every other country, and an unknown one, has the strictest. The operator changes them by a file (TACTFUL_COUNTRY_PROFILES)' })
  async get(): Promise<unknown> {
    return { countries: await this.profiles.current(), unknown: UNKNOWN_COUNTRY };
  }
}
