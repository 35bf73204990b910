import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type CountryProfiles, countryProfilesFile, DEFAULT_COUNTRY_PROFILES, storedProfiles, withFile } from '../core/consent/country-profiles.js';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config, ConfigError } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { AuditService } from '../privacy/audit.service.js';
import { readCountryProfiles, saveCountryProfiles } from './country-profiles.queries.js';

/**
 * What each country asks: ours, or what the operator's file says. The file is read at the start and kept in the database, so that the gate, its twin in
 * SQL and the pages decide on the same data. All processes are started with the same file: the one that starts last is believed.
 */
@Injectable()
export class CountryProfilesService implements OnApplicationBootstrap {
  private readonly fromFile: CountryProfiles | undefined;

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'roles' | 'countryProfiles'>,
  ) {
    this.fromFile = config.countryProfiles === undefined ? undefined : readFile(config.countryProfiles);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.roles.length === 0 && !this.fromFile) return; // a command takes what the application runs with
    const now = this.clock.now();
    await this.sql.transaction(async (sql) => {
      if (!(await saveCountryProfiles(sql, this.fromFile, now))) return;
      await this.audit.record(sql, { actor: 'system', action: 'country_profiles.changed', subjectType: 'policies', details: { countries: this.fromFile ?? 'built-in' } }, now);
    });
  }

  async current(sql: Sql = this.sql): Promise<CountryProfiles> {
    const stored = await readCountryProfiles(sql);
    return stored === undefined ? DEFAULT_COUNTRY_PROFILES : storedProfiles.parse(stored);
  }
}

function readFile(contents: unknown): CountryProfiles {
  const parsed = countryProfilesFile.safeParse(contents);
  if (parsed.success) return withFile(parsed.data);
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`);
  throw new ConfigError(`The country profiles of TACTFUL_COUNTRY_PROFILES cannot be used:\n${lines.join('\n')}`);
}
