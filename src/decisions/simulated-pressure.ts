import type { Policies } from '../core/decision/policies.js';
import { PRESSING_CLASSES } from '../core/decision/message-class.js';
import { type Cap, capUsage } from '../core/pressure/caps.js';
import type { AtTheirLimit } from '../core/simulation/journey.js';
import type { Sql } from '../platform/database/sql.js';
import type { Candidate, DecisionRequest } from './decision-request.js';
import { PlanningPass, readPressure } from './planning-pass.js';
import type { LeaningRow, TouchRow } from './pressure.queries.js';

/** What presses on the people of a simulation: what they got so far, read once, and what is sent to them in it. */
export class SimulatedPressure {
  private constructor(
    private readonly leanings: ReadonlyMap<number, LeaningRow[]>,
    private readonly ofContacts: Map<number, TouchRow[]>,
    private readonly ofAccounts: Map<number, TouchRow[]>,
  ) {}

  static async load(sql: Sql, contactIds: readonly number[], accountIds: readonly number[], policies: Policies, now: Date): Promise<SimulatedPressure> {
    const { leanings, ofContacts, ofAccounts } = await readPressure(sql, contactIds, accountIds, [policies], now);
    // What waits now leaves soon, and ages like the rest.
    const left = (row: TouchRow): TouchRow => (row.waiting ? { ...row, waiting: false, touched_at: Math.max(row.touched_at, now.getTime() / 1_000) } : row);
    return new SimulatedPressure(
      Map.groupBy(leanings, (row) => row.contact_id),
      Map.groupBy(ofContacts.map(left), (row) => row.contact_id),
      Map.groupBy(ofAccounts.map(left), (row) => row.account_id ?? 0),
    );
  }

  /** Over these people and accounts only: others have no part in what is decided on them. */
  passAt(now: Date, contactIds: ReadonlySet<number>, accountIds: ReadonlySet<number>): PlanningPass {
    const of = <Row>(rows: ReadonlyMap<number, readonly Row[]>, ids: ReadonlySet<number>): Row[] => [...ids].flatMap((id) => rows.get(id) ?? []);
    return PlanningPass.of({ leanings: of(this.leanings, contactIds), ofContacts: of(this.ofContacts, contactIds), ofAccounts: of(this.ofAccounts, accountIds) }, [], now);
  }

  add({ campaignId, purpose, channel, messageClass }: DecisionRequest, { contactId, accountId }: Candidate, now: Date): void {
    const pressing = PRESSING_CLASSES.includes(messageClass);
    const row: TouchRow = {
      contact_id: contactId, account_id: accountId, campaign_id: campaignId, purpose, channel, kind: pressing ? 'mail' : 'service_mail', touched_at: Math.ceil(now.getTime() / 1_000), waiting: false,
    };
    append(this.ofContacts, contactId, row);
    if (pressing && accountId !== null) append(this.ofAccounts, accountId, row);
  }

  /** People whose cap of all mail is full, and accounts whose cap of messages is. */
  atTheirLimit({ contactCaps, accountCaps }: Policies, now: Date): AtTheirLimit {
    return { people: countFull(this.ofContacts, contactCaps.total, now), accounts: countFull(this.ofAccounts, accountCaps.messages, now) };
  }
}

function countFull(rows: ReadonlyMap<number, readonly TouchRow[]>, cap: Cap | null, now: Date): number {
  if (!cap) return 0;
  let full = 0;
  for (const touches of rows.values()) {
    if (touches.length < cap.limit) continue;
    const ages = touches.filter((touch) => touch.kind !== 'service_mail').map((touch) => Math.floor((now.getTime() - touch.touched_at * 1_000) / 60_000));
    if (capUsage(ages, cap).freesInMinutes > 0) full += 1;
  }
  return full;
}

function append(rows: Map<number, TouchRow[]>, id: number, row: TouchRow): void {
  const list = rows.get(id);
  if (list) list.push(row);
  else rows.set(id, [row]);
}
