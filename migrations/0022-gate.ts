import type { MigrationInterface, QueryRunner } from 'typeorm';

const policiesInForce = (more: string): string => `
create or replace function policies_in_force() returns jsonb language sql stable parallel safe
as $$ select nullif(coalesce((select value from settings where key = 'policies'), '{}')
        || coalesce((select jsonb_build_object('countries', value) from settings where key = 'country-profiles'), '{}')${more}, '{}') $$`;

/** The name under which the workspace sends is one of the policies: data that name it are its own (GDPR art. 4(7)). */
export class Gate0022 implements MigrationInterface {
  name = 'Gate1700000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(policiesInForce(`
        || coalesce((select jsonb_build_object('workspaceName', value) from settings where key = 'workspace-name'), '{}')`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(policiesInForce(''));
    await runner.query(`delete from settings where key = 'workspace-name'`);
  }
}
