/** Who calls: the key's name and what it may do. */
export interface Principal {
  readonly name: string;
  readonly scopes: readonly string[];
}

/** Finds out who calls. Provided by the users feature; the guard only knows this. */
export abstract class Authenticator {
  abstract authenticate(authorization: string | undefined): Promise<Principal | undefined>;
}
