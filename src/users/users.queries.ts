import type { Role } from '../core/shared/roles.js';
import type { Sql } from '../platform/database/sql.js';

export interface UserRow {
  user_id: number;
  email: string;
  name: string;
  role: Role;
  region: string | null;
  created_at: Date;
}

const COLUMNS = 'user_id, email, name, role, region, created_at';

export function findUser(sql: Sql, email: string): Promise<UserRow | undefined> {
  return sql.maybe<UserRow & Record<string, unknown>>('users.find', `select ${COLUMNS} from users where email = $1`, [email]);
}

export function lockUser(sql: Sql, email: string): Promise<UserRow | undefined> {
  return sql.maybe<UserRow & Record<string, unknown>>('users.lock', `select ${COLUMNS} from users where email = $1 for update`, [email]);
}

export function listUsers(sql: Sql, after: number, limit: number): Promise<UserRow[]> {
  return sql.many<UserRow & Record<string, unknown>>('users.list', `select ${COLUMNS} from users where user_id > $1 order by user_id limit $2`, [after, limit]);
}

export function storeUser(sql: Sql, user: Pick<UserRow, 'email' | 'name' | 'role' | 'region'>, now: Date): Promise<UserRow> {
  return sql.one<UserRow & Record<string, unknown>>(
    'users.store',
    `insert into users (email, name, role, region, created_at) values ($1, $2, $3, $4, $5)
     on conflict (email) do update set name = excluded.name, role = excluded.role, region = excluded.region returning ${COLUMNS}`,
    [user.email, user.name, user.role, user.region, now],
  );
}
