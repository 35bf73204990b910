import type { Limits, Reach } from '../../core/shared/reach.js';
import { type Role, roleMay } from '../../core/shared/roles.js';

/** Who calls: the key's name and what it may do. */
export interface Principal {
  readonly name: string;
  readonly scopes: readonly string[];
  /** The colleague the key is bound to. */
  readonly user?: { readonly id: number; readonly role: Role; readonly region: string | null } | undefined;
}

/** Finds out who calls, and whom he may see. Provided by the users feature; the guard only knows this. */
export abstract class Authenticator {
  abstract authenticate(authorization: string | undefined): Promise<Principal | undefined>;
  /** Whether this contact (also by a number it had before a merge) or account is of those accounts. */
  abstract reaches(limits: Limits, what: 'contact' | 'account', id: number): Promise<boolean>;
}

/** A bound key can do what it was given, as far as its user's role goes today. */
export function mayUse({ scopes, user }: Principal, scope: string): boolean {
  return (scopes.includes(scope) || scopes.includes('*')) && (!user || roleMay(user.role, scope));
}

/** Account managers see the people of their accounts and region; everybody else, and keys of machines, see all. */
export function reachOf({ user }: Principal): Reach {
  return user?.role === 'account_manager' ? { userId: user.id, region: user.region } : undefined;
}
