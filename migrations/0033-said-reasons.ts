import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why the machine steps back, as a code with its details, where the machine says it itself: it is read in Dutch and in English. Null: somebody's own words. */
export class SaidReasons0033 implements MigrationInterface {
  name = 'SaidReasons1700000000033';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['contact_holds', 'account_holds', 'tasks']) await runner.query(`alter table ${table} add column said jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['contact_holds', 'account_holds', 'tasks']) await runner.query(`alter table ${table} drop column said`);
  }
}
