import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds what servers answered that refused a mail, so that the night need not read all mail ever sent to shorten a few of them. */
export class Refusals0025 implements MigrationInterface {
  name = 'Refusals1700000000025';

  async up(runner: QueryRunner): Promise<void> {
    // Only on columns that other indexes have already: a message's way through the outbox costs nothing more.
    await runner.query(`create index messages_refused on messages (coalesce(sent_at, queued_at)) where state in ('failed', 'bounced')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index messages_refused');
  }
}
