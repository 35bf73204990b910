import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Mail that goes before all other: few rows, found without looking through the newsletters that wait beside them. */
export class SendingOrder0030 implements MigrationInterface {
  name = 'SendingOrder1700000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index messages_first on messages (due_at) where state = 'queued' and class in ('legal_duty', 'service')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index messages_first');
  }
}
