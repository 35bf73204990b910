import type { HoldKind, HoldScope, HoldStep } from '../../core/account/holds.js';
import type { GivenReason } from '../../core/account/said-reason.js';

/** Why mail to somebody is to be held. */
export interface HoldToOpen {
  readonly kind: HoldKind;
  readonly contactId?: number;
  /** Of a hold that no person caused; for a person his own account is looked up. */
  readonly accountId?: number;
  /** Of a reply: what was answered. */
  readonly campaignId?: number | null;
  /** Of complaints and tickets: the whole account is held. */
  readonly severe?: boolean;
  /** Of a meeting: when it is. */
  readonly momentAt?: Date | null;
  /** The matter's number elsewhere. */
  readonly reference?: string | null;
  /** When the matter began; left out: now. */
  readonly openedAt?: Date;
  /** What opened it: 'event:…', 'api:…', 'reply:…', 'nps:…', 'by hand:…'. The same matter is held once for one cause, however often it is told. */
  readonly cause: string;
  /** What the owner reads. */
  readonly reason: GivenReason;
  readonly by: string;
  /** false: nobody is asked for anything; the human it would ask has done it. */
  readonly task?: false;
  /** Given along to the task. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface OpenedHold {
  /** Position in the list that was given. */
  readonly index: number;
  readonly scope: HoldScope;
  readonly holdId: number;
  readonly kind: HoldKind;
  readonly taskId: number | null;
  /** false: it was open for this cause already. */
  readonly isNew: boolean;
}

/** What happened to a matter, and to which. */
export interface HoldStepTaken {
  readonly of:
    | { readonly scope: HoldScope; readonly holdId: number }
    | { readonly taskId: number }
    /** All of this kind that were opened before, or only the one with this number elsewhere. */
      | { readonly kind: HoldKind; readonly contactId: number; readonly reference?: string | null }
    | { readonly kind: HoldKind; readonly accountId: number; readonly reference?: string | null };
  readonly step: HoldStep;
  /** Left out: now. */
  readonly at?: Date;
  readonly by: string;
}

/** A hold whose end is known now. */
export interface AdvancedHold {
  readonly scope: HoldScope;
  readonly holdId: number;
  readonly kind: HoldKind;
  /** Null: more has to happen. */
  readonly endsAt: Date | null;
}
