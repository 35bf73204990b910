import type { Sql } from '../../platform/database/sql.js';

export interface MyDataRow {
  contact_id: number;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  language: 'nl' | 'en' | null;
  country: string | null;
  time_zone: string | null;
}

export function readMyData(sql: Sql, contactId: number): Promise<MyDataRow | undefined> {
  return sql.maybe<MyDataRow & Record<string, unknown>>(
    'myData.read',
    'select contact_id, email, first_name, last_name, language, country, time_zone from contacts where contact_id = living_contact($1)',
    [contactId],
  );
}
