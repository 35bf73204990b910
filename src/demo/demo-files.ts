import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { packageRoot } from '../platform/package-root.js';
import { consentOf } from './demo-consents.js';
import { type DemoEvent, eventsOfBusinessContact, eventsOfConsumer } from './demo-events.js';
import { type BusinessContact, type DemoAccount, peopleOf } from './demo-people.js';
import { SeededRandom } from './seeded-random.js';

/** The real data sets that come with the project, and the maps to read them with. */
export function dataFile(name: string): string {
  return join(packageRoot(), 'test', 'support', 'data', name);
}

const SEED = 20_260_609;

/** People, consents and events are generated as CSV files, so that the demo comes in by the door that users have. */
export interface DemoFiles {
  readonly businessContacts: string;
  readonly consumers: string;
  readonly events: string;
}

export async function writeDemoFiles(folder: string, accounts: readonly DemoAccount[], now: Date): Promise<DemoFiles> {
  const random = new SeededRandom(SEED);
  const people = accounts.flatMap((account) => peopleOf(account, random));
  const consumers = await readConsumers();
  const files = { businessContacts: join(folder, 'business-contacts.csv'), consumers: join(folder, 'consumer-details.csv'), events: join(folder, 'events.csv') };
  await writeFile(files.businessContacts, stringify(people.map((person) => businessRow(person, now, random)), { header: true }));
  await writeFile(files.consumers, stringify(consumers.map((consumer) => consumerRow(consumer, now, random)), { header: true }));
  const events = [
    ...people.flatMap((person) => eventsOfBusinessContact(person, now, random)),
    ...consumers.flatMap((consumer) => eventsOfConsumer(consumerAddress(consumer.id), consumer, now, random)),
  ];
  await writeFile(files.events, stringify(events.map(eventRow), { header: true }));
  return files;
}

/** Some leads ask for a demo within a day of the first mail: their second mail must not come. */
export async function writeReactions(folder: string, addresses: readonly string[], at: Date): Promise<string> {
  const file = join(folder, 'reactions.csv');
  const rows = addresses.map((email) => eventRow({ email, name: 'Demo Requested', occurredAt: at, key: `demo-${email}-reaction`, page: 'pricing', amount: '' }));
  await writeFile(file, stringify(rows, { header: true }));
  return file;
}

interface Consumer {
  readonly id: string;
  readonly purchases: number;
  readonly visits: number;
  readonly spent: number;
}

async function readConsumers(): Promise<Consumer[]> {
  const consumers: Consumer[] = [];
  const rows = createReadStream(dataFile('consumers/marketing_campaign.csv')).pipe(parse({ columns: true }));
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const sum = (...columns: string[]): number => columns.reduce((total, column) => total + Number(row[column] ?? 0), 0);
    consumers.push({
      id: row['ID'] ?? '',
      purchases: sum('NumWebPurchases', 'NumCatalogPurchases', 'NumStorePurchases'),
      visits: sum('NumWebVisitsMonth'),
      spent: sum('MntWines', 'MntFruits', 'MntMeatProducts', 'MntFishProducts', 'MntSweetProducts', 'MntGoldProds'),
    });
  }
  return consumers;
}

function consumerAddress(id: string): string {
  return `consumer-${id}@klant.example`;
}

function businessRow(person: BusinessContact, now: Date, random: SeededRandom): Record<string, string> {
  const consent = consentOf(now, random);
  return {
    email: person.email,
    first_name: person.firstName,
    last_name: person.lastName,
    job_title: person.jobTitle,
    account: person.account,
    role: person.role,
    country: person.country,
    time_zone: person.timeZone,
    language: person.language,
    lifecycle_stage: person.lifecycleStage,
    consent: consent.state,
    given_at: consent.givenAt,
    confirmed_at: consent.confirmedAt,
    withdrawn_at: consent.withdrawnAt,
  };
}

function consumerRow(consumer: Consumer, now: Date, random: SeededRandom): Record<string, string> {
  const consent = consentOf(now, random);
  const country = random.weighted({ NL: 80, BE: 12, DE: 6, '': 2 });
  return {
    id: consumer.id,
    email: consumerAddress(consumer.id),
    first_name: random.chance(0.97) ? random.pick(['Sanne', 'Thijs', 'Emma', 'Lucas', 'Fatima', 'Jan', 'Maria', 'Kees', 'Aylin', 'Pieter']) : '', // some names are not known
    language: random.chance(0.85) ? 'nl' : 'en',
    country,
    lifecycle_stage: consumer.purchases > 12 ? 'loyal_customer' : 'new_customer',
    consent: consent.state,
    given_at: consent.givenAt,
    confirmed_at: consent.confirmedAt,
    withdrawn_at: consent.withdrawnAt,
  };
}

function eventRow(event: DemoEvent): Record<string, string> {
  return { email: event.email, name: event.name, occurred_at: event.occurredAt.toISOString(), key: event.key, page: event.page, amount: event.amount };
}
