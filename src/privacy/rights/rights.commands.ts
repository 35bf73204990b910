import { writeFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, Option } from 'commander';
import { normaliseAddress } from '../../core/mail/address.js';
import type { ErasureCertificate } from '../../core/privacy/certificate.js';
import { REQUEST_STATES, type RequestState } from '../../core/privacy/request.js';
import { REQUEST_STATE_WORDS } from '../../core/privacy/request-words.js';
import { type Boot, withApp } from '../../platform/command-line.js';
import { EXPORT_FORMS, exportFile } from './access/access-exports.service.js';
import { AccessReadsService } from './access/access-reads.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { ReplayService } from './erasure/replay.service.js';
import { RightsRequestsService } from './requests/requests.service.js';

interface ListOptions {
  readonly overdue?: boolean;
  readonly state?: RequestState;
  readonly language: 'nl' | 'en';
}

export function registerRightsCommands(program: Command, boot: Boot): void {
  const privacy = program.commands.find((command) => command.name() === 'privacy') ?? program.command('privacy').description('what people ask about their data');
  privacy
    .command('requests')
    .description('open and closed requests, newest first')
    .option('--overdue', 'only those past their day')
    .addOption(new Option('--state <state>', 'only those that stand there; lapsed: by the public form, never confirmed').choices(REQUEST_STATES))
    .addOption(new Option('--language <language>', 'of what is told').choices(['nl', 'en']).default('en'))
    .action((options: ListOptions) => withApp(boot, (app) => listRequests(app, options)));
  privacy
    .command('access')
    .description('write all that is kept about somebody to files')
    .argument('<contact>', 'number or address')
    .option('--out <path>', 'where to; .html, .json and .csv are added', 'my-data')
    .option('--language <language>', 'nl or en', 'nl')
    .action((contact: string, options: { out: string; language: string }) => withApp(boot, (app) => writeAccess(app, contact, options)));
  privacy
    .command('erase')
    .description('erase somebody and print the certificate')
    .argument('<contact>', 'number or address')
    .requiredOption('--yes', 'it cannot be undone')
    .action((contact: string) => withApp(boot, (app) => erase(app, contact)));
  privacy
    .command('replay-erasures')
    .description('erase again whom a restored backup brought back (every start does it by itself)')
    .action(() => withApp(boot, async (app) => console.log(JSON.stringify(await app.get(ReplayService, { strict: false }).replay()))));
}

async function listRequests(app: INestApplicationContext, { overdue = false, state, language }: ListOptions): Promise<void> {
  const rows = await app.get(RightsRequestsService, { strict: false }).list({ overdue, state }, Number.MAX_SAFE_INTEGER, 200);
  if (rows.length === 0) console.log(overdue ? 'No request is overdue.' : state === undefined ? 'No requests yet.' : `No request is ${state}.`);
  else console.table(rows.map((row) => ({ id: row.request_id, kind: row.kind, state: row.state, told: REQUEST_STATE_WORDS[row.state][language], contact: row.contact_id, received: row.received_at.toISOString().slice(0, 10), due: row.due_on })));
}

async function writeAccess(app: INestApplicationContext, contact: string, options: { out: string; language: string }): Promise<void> {
  const contactId = await numberOf(app, contact);
  const document = contactId === undefined ? undefined : await app.get(AccessReadsService, { strict: false }).read(contactId, options.language === 'en' ? 'en' : 'nl', 'operator');
  if (!document) return nobody(contact);
  for (const form of EXPORT_FORMS) {
    const file = exportFile(document, form);
    await writeFile(`${options.out}.${form}`, file.content, { mode: 0o600 });
    console.log(`${options.out}.${form}`);
  }
}

async function erase(app: INestApplicationContext, contact: string): Promise<void> {
  const erasures = app.get(ErasureService, { strict: false });
  const contactId = await numberOf(app, contact);
  // By his address also somebody is forgotten who is no contact any more.
  const byAddress = (): Promise<ErasureCertificate> | undefined => (normaliseAddress(contact).ok ? erasures.eraseAddress(contact, { actor: 'operator' }) : undefined);
  const certificate = await (contactId === undefined ? byAddress() : erasures.erase(contactId, { kind: 'officer', actor: 'operator' }));
  if (!certificate) return nobody(contact);
  console.log(JSON.stringify(certificate, null, 2));
}

async function numberOf(app: INestApplicationContext, contact: string): Promise<number | undefined> {
  return app.get(RightsRequestsService, { strict: false }).whoIs(/^\d{1,15}$/.test(contact) ? { contactId: Number(contact) } : { email: contact });
}

function nobody(contact: string): void {
  console.error(`There is no contact "${contact}".`);
  process.exitCode = 1;
}
