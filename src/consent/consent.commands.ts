import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { type Boot, withApp } from '../platform/command-line.js';
import { AnchorService } from './anchor.service.js';
import { LedgerCheckService, type LedgerFinding } from './ledger-check.service.js';
import { PurposesService } from './purposes.service.js';

const MEANING: Record<LedgerFinding['damage'], string> = {
  edited: 'the record was changed, or stands in the place of another',
  proof_edited: 'the proof is not the one the record was written with',
  missing: 'this record, or more from here on, is gone',
  out_of_place: 'the record does not continue the one before it',
  state_differs: 'the state that mail is sent on is not what the ledger comes to',
  proof_not_sealed: 'the proof is plain, though proofs were sealed by then: it was put in past Tactful',
  proof_forged: 'the proof was not sealed for this act by this installation: it was changed or put in past Tactful',
  key_missing: 'the key of this person is gone, so the proof cannot be read',
  cut: 'an anchor has this record; the database has lost it, or it was cut off',
  replaced: 'an anchor has another record in this place',
};

export function registerConsentCommands(program: Command, boot: Boot): void {
  const verify = program.commands.find((command) => command.name() === 'verify') ?? program.command('verify').description('prove that records are whole');
  verify
    .command('consent')
    .description('walk the hash chain of every consent ledger and compare it with the anchors; ends with 1 when something does not hold')
    .action(() => withApp(boot, verifyConsent));
  program
    .command('anchor')
    .description('write down, outside the database, what the consent ledgers come to now; by itself this is done every day')
    .action(() => withApp(boot, writeAnchor));
  program
    .command('purposes')
    .description('why data is used and mail is sent')
    .command('list')
    .description('show all purposes')
    .action(() => withApp(boot, listPurposes));
}

async function verifyConsent(app: INestApplicationContext): Promise<void> {
  const started = performance.now();
  const check = await app.get(LedgerCheckService, { strict: false }).verify((records) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${records.toLocaleString('en')} records`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r');
  for (const finding of check.findings) console.log(`contact ${finding.contactId}, record ${finding.sequence}: ${MEANING[finding.damage]}`);
  for (const problem of check.anchors.problems) console.log(problem);
  const { anchors, last } = check.anchors;
  console.log(last === null ? 'No anchor has been written yet: the end of a ledger could be cut off unseen.' : `Compared with ${anchors.toLocaleString('en')} anchors, the last of ${last.toISOString()}.`);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const extent = `${check.records.toLocaleString('en')} records of ${check.people.toLocaleString('en')} people in ${seconds} s`;
  console.log(check.damaged === 0 ? `Whole: ${extent}.` : `Damaged in ${check.damaged.toLocaleString('en')} places: ${extent}.`);
  if (check.damaged > 0) process.exitCode = 1;
}

async function writeAnchor(app: INestApplicationContext): Promise<void> {
  const anchor = await app.get(AnchorService, { strict: false }).write();
  console.log(anchor ? `Anchor ${anchor.number}: ${anchor.heads.toLocaleString('en')} ledgers grew since the one before; digest ${anchor.digest}` : 'Another process is writing an anchor just now.');
}

async function listPurposes(app: INestApplicationContext): Promise<void> {
  const purposes = await app.get(PurposesService, { strict: false }).all();
  if (purposes.length === 0) console.log('No purposes yet: POST /api/v1/purposes adds one.');
  else console.table(Object.fromEntries(purposes.map((one) => [one.key, { name: one.name.en, basis: one.legalBasis, class: one.messageClass, 'double opt-in': one.doubleOptIn, 'days kept': one.retentionDays, retired: one.retiredAt !== null }])));
}
