import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far a campaign has looked for who came: exactly which transactions it has seen, so that a slow one does not hold up what others wrote after it. */
export class SeenTransactions0027 implements MigrationInterface {
  name = 'SeenTransactions1700000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table campaigns alter column event_cursor type pg_snapshot using (event_cursor::text || ':' || event_cursor::text || ':')::pg_snapshot`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // Back to the oldest that was on its way: what came after it and was seen already is seen again, and enters nobody twice who may enter once.
    await runner.query('alter table campaigns alter column event_cursor type bigint using pg_snapshot_xmin(event_cursor)::text::bigint');
  }
}
