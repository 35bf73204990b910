import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A request by the public form that nobody confirmed while its link was good is over, and no longer among those that wait for an answer. */
export class LapsedRequests0038 implements MigrationInterface {
  name = 'LapsedRequests1700000000038';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
alter table privacy_requests drop constraint privacy_requests_state_check;
alter table privacy_requests add constraint privacy_requests_state_check check (state in ('received', 'identity_pending', 'verified', 'in_progress', 'extended', 'done', 'refused', 'lapsed'));
drop index privacy_requests_open;
create index privacy_requests_open on privacy_requests (due_on, request_id) where state not in ('done', 'refused', 'lapsed');`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
update privacy_requests set state = 'refused' where state = 'lapsed';
drop index privacy_requests_open;
alter table privacy_requests drop constraint privacy_requests_state_check;
alter table privacy_requests add constraint privacy_requests_state_check check (state in ('received', 'identity_pending', 'verified', 'in_progress', 'extended', 'done', 'refused'));
create index privacy_requests_open on privacy_requests (due_on, request_id) where state not in ('done', 'refused');`);
  }
}
