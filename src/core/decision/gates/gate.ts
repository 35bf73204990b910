import type { Reason, ReasonDetail } from '../decision.js';
import type { Facts, PurposeFacts, RequestFacts } from '../facts.js';
import type { Channel, MessageClass } from '../message-class.js';
import type { Policies } from '../policies.js';
import { stops, type ReasonCode } from '../reasons.js';

/** Gathers the reasons that hold for one message; a reason that its class is free of is left out. */
export class Findings {
  readonly reasons: Reason[] = [];

  constructor(private readonly messageClass: MessageClass) {}

  add(code: ReasonCode, detail?: ReasonDetail, notBefore?: number): void {
    if (!stops(code, this.messageClass)) return;
    this.reasons.push({ code, ...(detail && { detail }), ...(notBefore !== undefined && { notBefore: new Date(notBefore) }) });
  }
}

/** The facts of one message while it is decided: the request has been checked to be there. */
export interface Case {
  readonly facts: Facts;
  readonly request: RequestFacts;
  readonly purpose: PurposeFacts | null;
  readonly messageClass: MessageClass;
  readonly channel: Channel;
  readonly policies: Policies;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function caseOf(facts: Facts, request: RequestFacts, policies: Policies, now: Date): Case {
  return { facts, request, purpose: request.purpose, messageClass: request.messageClass, channel: request.channel, policies, now: now.getTime() };
}

/** A gate names the codes it can find, so that the catalogue can tell which are watched. */
export interface Gate {
  readonly codes: readonly ReasonCode[];
  check(given: Case, findings: Findings): void;
}
