import { assertNever } from '../shared/assert-never.js';

export type IdentityKind = 'user_id' | 'anonymous_id' | 'email';

/** A contact: its id, or a negative number for one that is made by this batch. */
export type Person = number;

/** What one message says about who it is. */
export interface Claims {
  readonly kind: 'alias' | 'identify' | 'other';
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  /** Of an identify: the address as it is stored. */
  readonly email?: string | undefined;
  /** Of an alias. */
  readonly previousId?: string | undefined;
  /** Sent with a key that is kept secret. What a browser says anybody could have said. */
  readonly trusted: boolean;
}

export interface KnownIdentity {
  readonly kind: string;
  readonly value: string;
  readonly contactId: number;
}

/** What decides whether a contact may be joined with another. */
export interface Standing {
  readonly userId: boolean;
  readonly externalId: boolean;
  readonly email: boolean;
}

export type ConflictKind = 'email_of_another' | 'anonymous_id_of_another' | 'alias_refused';

export interface Conflict {
  readonly kind: ConflictKind;
  readonly person: Person;
  readonly other: Person;
}

export interface Resolved {
  readonly person: Person;
  /** Whether the address that the message gives becomes the person's address. */
  readonly takesEmail: boolean;
  /** Whether it was new to us and not taken: a browser cannot change an address. */
  readonly refusesEmail: boolean;
  readonly conflicts: readonly Conflict[];
}

const NOBODY: Standing = { userId: false, externalId: false, email: false };

/**
 * Finds out whom the messages of a batch are about, in their order: what one says counts for the next.
 * - The user id decides; then the address; then the device (anonymous id).
 * - A visitor, who is known by devices only, is joined with whom he turns out to be. Nobody else is joined by an identify: two user ids
 *   are two people, and an address that belongs to another contact stays where it is.
 * - An alias joins two contacts because a secret key says so; from a browser it can only join a visitor.
 */
export class PeopleResolver {
  /** Identities that are new, with the person they lead to. */
  readonly added: { kind: IdentityKind; value: string; person: Person }[] = [];
  /** Stored contacts that become another stored one; `final` gives whom in the end. */
  readonly merges: { from: number; into: Person; cause: 'identify' | 'alias' }[] = [];
  private readonly owners = new Map<string, Person>();
  private readonly standings = new Map<Person, Standing>();
  private readonly became = new Map<Person, Person>();
  private made = 0;

  constructor(known: readonly KnownIdentity[], standings: ReadonlyMap<number, Standing>) {
    for (const { kind, value, contactId } of known) this.owners.set(key(kind, value), contactId);
    for (const [contactId, standing] of standings) this.standings.set(contactId, standing);
  }

  /** Whom a reference of this batch means in the end, after all joins. */
  final(person: Person): Person {
    let last = person;
    for (let next = this.became.get(last); next !== undefined; next = this.became.get(last)) last = next;
    return last;
  }

  resolve(claims: Claims): Resolved {
    switch (claims.kind) {
      case 'alias':
        return this.alias(claims);
      case 'identify':
      case 'other':
        return this.identify(claims);
      default:
        return assertNever(claims.kind);
    }
  }

  private identify(claims: Claims): Resolved {
    const { userId, anonymousId, email, trusted } = claims;
    const byDevice = this.owner('anonymous_id', anonymousId);
    const byEmail = this.owner('email', email);
    const person = this.choose(claims, byDevice, byEmail);
    const conflicts: Conflict[] = [];
    if (userId !== undefined && this.owner('user_id', userId) === undefined) this.add('user_id', userId, person);
    if (anonymousId !== undefined) {
      if (byDevice === undefined) this.add('anonymous_id', anonymousId, person);
      else if (this.isVisitor(byDevice)) this.join(byDevice, person, 'identify');
      // Two people on one device is every day's life, not worth a line for each of their page views.
      else if (this.final(byDevice) !== this.final(person) && claims.kind === 'identify') conflicts.push({ kind: 'anonymous_id_of_another', person, other: byDevice });
    }
    if (email === undefined) return { person, takesEmail: false, refusesEmail: false, conflicts };
    if (byEmail !== undefined && this.final(byEmail) !== this.final(person)) {
      conflicts.push({ kind: 'email_of_another', person, other: byEmail });
      return { person, takesEmail: false, refusesEmail: false, conflicts };
    }
    // A browser may tell an address, not change one: with the public key anybody could send somebody's mail elsewhere.
    const takesEmail = trusted || !this.standing(person).email;
    if (takesEmail && byEmail === undefined) this.add('email', email, person);
    return { person, takesEmail, refusesEmail: !takesEmail && byEmail === undefined, conflicts };
  }

  private choose({ userId, email }: Claims, byDevice: Person | undefined, byEmail: Person | undefined): Person {
    const byUser = this.owner('user_id', userId);
    if (byUser !== undefined) return byUser;
    if (userId !== undefined) {
      if (byEmail !== undefined && !this.standing(byEmail).userId) return byEmail;
      if (byDevice !== undefined && !this.standing(byDevice).userId && (email === undefined || !this.standing(byDevice).email)) return byDevice;
      return this.make();
    }
    if (email !== undefined) {
      if (byEmail !== undefined) return byEmail;
      if (byDevice !== undefined && !this.standing(byDevice).email) return byDevice;
      return this.make(); // the device belongs to somebody with another address: his mail is not hers
    }
    return byDevice ?? this.make();
  }

  private alias({ userId, previousId, trusted }: Claims): Resolved {
    const plain = (person: Person, conflicts: Conflict[] = []): Resolved => ({ person, takesEmail: false, refusesEmail: false, conflicts });
    const current = this.owner('user_id', userId);
    const asUser = this.owner('user_id', previousId);
    const previous = asUser ?? this.owner('anonymous_id', previousId);
    if (userId === undefined || previousId === undefined) return plain(current ?? previous ?? this.make());
    if (previous === undefined || userId === previousId) {
      const person = current ?? previous ?? this.make();
      if (current === undefined) this.add('user_id', userId, person);
      if (userId === previousId) return plain(person);
      this.add('anonymous_id', previousId, person);
      if (trusted) this.add('user_id', previousId, person);
      return plain(person);
    }
    if (current !== undefined && this.final(current) === this.final(previous)) return plain(current);
    // With the public key anybody could name somebody else's user id.
    const mayJoin = trusted || this.isVisitor(previous) || (current === undefined && asUser === undefined && !this.standing(previous).userId);
    if (current === undefined) {
      const person = mayJoin ? previous : this.make();
      this.add('user_id', userId, person);
      return plain(person, mayJoin ? [] : [{ kind: 'alias_refused', person, other: previous }]);
    }
    if (!mayJoin) return plain(current, [{ kind: 'alias_refused', person: current, other: previous }]);
    this.join(previous, current, 'alias');
    return plain(this.final(current));
  }

  private owner(kind: IdentityKind, value: string | undefined): Person | undefined {
    const found = value === undefined ? undefined : this.owners.get(key(kind, value));
    return found === undefined ? undefined : this.final(found);
  }

  private make(): Person {
    this.made += 1;
    return -this.made;
  }

  private add(kind: IdentityKind, value: string, person: Person): void {
    this.owners.set(key(kind, value), person);
    this.added.push({ kind, value, person });
    const before = this.standing(person);
    this.standings.set(this.final(person), { ...before, userId: before.userId || kind === 'user_id', email: before.email || kind === 'email' });
  }

  private join(from: Person, into: Person, cause: 'identify' | 'alias'): void {
    let [loser, survivor] = [this.final(from), this.final(into)];
    if (loser === survivor) return;
    if (loser > 0 && survivor < 0) [loser, survivor] = [survivor, loser]; // who is stored already stays
    const [gone, stays] = [this.standing(loser), this.standing(survivor)];
    if (loser > 0) this.merges.push({ from: loser, into: survivor, cause });
    this.became.set(loser, survivor);
    this.standings.set(survivor, { userId: gone.userId || stays.userId, externalId: gone.externalId || stays.externalId, email: gone.email || stays.email });
  }

  private isVisitor(person: Person): boolean {
    const { userId, externalId, email } = this.standing(person);
    return !userId && !externalId && !email;
  }

  private standing(person: Person): Standing {
    return this.standings.get(this.final(person)) ?? NOBODY;
  }
}

function key(kind: string, value: string): string {
  return `${kind} ${value}`;
}
