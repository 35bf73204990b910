import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From when the mails in a row are counted that somebody did not react to. */
export class Pressure0014 implements MigrationInterface {
  name = 'Pressure1700000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table pressure_factors add column unanswered_at timestamptz -- six mails in a row were found unanswered then; the next six count from here');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table pressure_factors drop column unanswered_at');
  }
}
