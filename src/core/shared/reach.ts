/** Whose people and accounts somebody may see: those of the accounts he owns, and of his region. */
export interface Limits {
  readonly userId: number;
  readonly region: string | null;
}

/** Undefined: everybody's. */
export type Reach = Limits | undefined;

/**
 * The one predicate by which every list and every look-up is limited: an account that the user owns, or whose owner works in his region. People of
 * no account belong to nobody's region, and are not seen. `account` is the column or expression of the account's id; `add` takes a value as a parameter.
 */
export function reachCondition(reach: Limits, account: string, add: (value: unknown, type: string) => string): string {
  const own = `within.owner_id = ${add(reach.userId, 'bigint')}`;
  const region = reach.region === null ? '' : ` or within.owner_id in (select user_id from users where region = ${add(reach.region, 'text')})`;
  return `${account} in (select within.account_id from accounts within where ${own}${region})`;
}

/** The same for a statement whose parameters are counted by hand: $user and $region are null for whoever sees everybody. */
export function reachText(account: string, user: string, region: string): string {
  return `(${user}::bigint is null or ${account} in (select within.account_id from accounts within
    where within.owner_id = ${user}::bigint or within.owner_id in (select user_id from users where region = ${region}::text)))`;
}

export function reachParams(reach: Reach): [number | null, string | null] {
  return [reach?.userId ?? null, reach?.region ?? null];
}
