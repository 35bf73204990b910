import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of somebody whom retention let go only the key to his proofs is left: by the hashes of his mailboxes it is found when he asks to be forgotten after all. */
export class KeptProofs0032 implements MigrationInterface {
  name = 'KeptProofs1700000000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Null: as long as the person is here, and his contact tells them.
      alter table person_keys add column address_hashes bytea[];
      create index person_keys_address_hashes on person_keys using gin (address_hashes) where address_hashes is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table person_keys drop column address_hashes');
  }
}
