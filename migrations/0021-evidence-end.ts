import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the key to the proofs of somebody who was let go is to be destroyed: they show that mail which was sent was lawful (GDPR art. 17(3)(e)). */
export class EvidenceEnd0021 implements MigrationInterface {
  name = 'EvidenceEnd1700000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Null: as long as the person is here.
      alter table person_keys add column shred_after timestamptz;
      create index person_keys_shred_after on person_keys (shred_after) where shred_after is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // Without the column nobody knows any longer when a key ends: those that wait for it go now.
    await runner.query('delete from person_keys where shred_after is not null; alter table person_keys drop column shred_after');
  }
}
