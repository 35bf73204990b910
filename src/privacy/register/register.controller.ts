import { Body, Controller, Get, Header, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { registerFacts, registerPage, registerRows } from '../../core/privacy/register.js';
import { Caller } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { Scopes } from '../../platform/http/scopes.js';
import { RegisterService } from './register.service.js';

const languageQuery = z.strictObject({ language: z.enum(['nl', 'en']).default('nl') });

@ApiTags('Register of processing')
@Controller('api/v1/privacy/register')
export class RegisterController {
  constructor(private readonly register: RegisterService) {}

  @Get()
  @Scopes('privacy:read')
  @Documented({ summary: 'The register of processing activities (GDPR art. 30), made from what is in use now' })
  read(): Promise<unknown> {
    return this.register.read();
  }

  @Get('page')
  @Scopes('privacy:read')
  @Header('content-type', 'text/html; charset=utf-8')
  @Documented({ summary: 'The register as one page to print', query: languageQuery })
  async page(@Query() query: unknown): Promise<string> {
    return registerPage(await this.register.read(), parse(languageQuery, query).language);
  }

  @Get('csv')
  @Scopes('privacy:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Documented({ summary: 'The register as CSV', query: languageQuery })
  async csv(@Query() query: unknown): Promise<string> {
    return stringify(registerRows(await this.register.read(), parse(languageQuery, query).language), { escape_formulas: true });
  }

  @Put('facts')
  @Scopes('privacy:write')
  @Documented({ summary: 'Controller, officer, recipients, transfers and security measures: what no table knows', body: registerFacts })
  replace(@Body() body: unknown, @Caller() actor: string): Promise<unknown> {
    return this.register.replaceFacts(parse(registerFacts, body), actor);
  }
}
