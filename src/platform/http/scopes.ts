import { SetMetadata } from '@nestjs/common';

export const SCOPES = Symbol('scopes');
export const PUBLIC = Symbol('public');
export const REACH = Symbol('reach');

/** What a key must be allowed to do to call this route, e.g. 'segments:read'. A key with '*' may do everything. */
export const Scopes = (...scopes: string[]) => SetMetadata(SCOPES, scopes);

/** Open to everybody: health, and pages whose token in the path is the credential. Any other route without scopes answers 403. */
export const Public = () => SetMetadata(PUBLIC, true);

/**
 * How a route keeps an account manager to the people of his accounts and region:
 * `{ contact: 'id' }` or `{ account: 'id' }`, the path's parameter is looked at before the route is entered (404 outside his reach);
 * 'limits itself': the route hands `@CallerReach()` to the statement that reads; 'shows nobody': there are no people in it.
 */
export type ReachRule = { readonly contact: string } | { readonly account: string } | 'limits itself' | 'shows nobody';

/** Open to account managers too. Any route that does not say how it keeps them to their own people answers them 403. */
export const Reaches = (rule: ReachRule) => SetMetadata(REACH, rule);
