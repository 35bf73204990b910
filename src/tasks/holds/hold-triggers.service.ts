import { Injectable } from '@nestjs/common';
import type { HandoverPolicy } from '../../core/account/handover-policy.js';
import { holdEventNames, type HoldSignal, holdSignals } from '../../core/account/hold-events.js';
import { addDaysTo } from '../../core/shared/moments.js';
import { retryConflicts } from '../../platform/database/retry-conflicts.js';
import { readEventCursor, writeEventCursor } from '../../platform/database/event-cursor.queries.js';
import { Sql } from '../../platform/database/sql.js';
import { PressureFactorsService } from '../../pressure/pressure-factors.service.js';
import { HandoverPolicyService } from '../handover-policy.service.js';
import type { HoldStepTaken, HoldToOpen } from './hold.js';
import { HoldsService } from './holds.service.js';
import { CURSOR, findCampaigns, type HoldEventRow, listEndings, listEvents, tryLockTriggers } from './triggers.queries.js';

/** Transactions that may be looked at again and again while nothing happens. */
const LOOKED_BACK = 5_000;

interface Read {
  readonly event: HoldEventRow;
  readonly signal: HoldSignal;
}

/** Opens and resolves holds by what people did: each event once, also over crashes, because the cursor moves on in the transaction that holds. */
@Injectable()
export class HoldTriggersService {
  constructor(
    private readonly sql: Sql,
    private readonly handover: HandoverPolicyService,
    private readonly holds: HoldsService,
    private readonly pressure: PressureFactorsService,
  ) {}

  /** Everything received since the last look; gives how many holds were opened. Safe to call from several processes. */
  async readEvents(now: Date): Promise<number> {
    const { from, to } = await readEventCursor(this.sql, CURSOR);
    if (from >= to) return 0;
    const { policy } = await this.handover.current();
    const names = holdEventNames(policy);
    const since = addDaysTo(now, -policy.ignoreOlderThanDays);
    const wanted = [...new Set([...names.opening, ...names.resolving])];
    // Asked four times a second: mostly there is nothing, and then nothing is locked or written.
    if (to - from <= LOOKED_BACK && (await listEvents(this.sql, wanted, { from, to }, since)).length === 0) return 0;
    return retryConflicts(() =>
      this.sql.transaction(async (sql) => {
        if (!(await tryLockTriggers(sql))) return 0;
        const between = await readEventCursor(sql, CURSOR);
        const opened = await this.take(sql, await listEvents(sql, wanted, between, since), names.resolving, policy, now);
        await writeEventCursor(sql, CURSOR, between.to, now);
        return opened;
      }),
    );
  }

  private async take(sql: Sql, events: readonly HoldEventRow[], resolvingNames: readonly string[], policy: HandoverPolicy, now: Date): Promise<number> {
    const opening = read(policy, events).filter(({ signal }) => signal.signal === 'opens');
    const [first] = opening;
    const opened = await this.holds.open(sql, await this.toOpen(sql, opening, now), now);
    const contactIds = [...new Set(opening.map(({ event }) => event.contact_id))];
    const endings = first ? await listEndings(sql, contactIds, resolvingNames, first.event.occurred_at) : [];
    await this.holds.close(sql, [...read(policy, events), ...read(policy, endings)].flatMap(resolution), now);
    await this.pressure.adjust(sql, opening.flatMap(({ event, signal }) => (signal.kind === 'reply' || signal.kind === 'meeting' ? [{ contactId: event.contact_id, cause: signal.kind, at: earlier(event.occurred_at, now) }] : [])));
    return opened.filter(({ isNew }) => isNew).length;
  }

  private async toOpen(sql: Sql, opening: readonly Read[], now: Date): Promise<HoldToOpen[]> {
    const keys = [...new Set(opening.flatMap(({ signal }) => (signal.signal === 'opens' ? (signal.campaignKey ?? []) : [])))];
    const campaigns = new Map((keys.length === 0 ? [] : await findCampaigns(sql, keys)).map((row) => [row.key, row.campaign_id]));
    return opening.flatMap(({ event, signal }) => {
      if (signal.signal !== 'opens') return [];
      const { kind, severe, reference, momentAt, campaignKey } = signal;
      const at = earlier(event.occurred_at, now);
      return [{
        kind, contactId: event.contact_id, severe, reference, momentAt, campaignId: campaignKey === null ? null : (campaigns.get(campaignKey) ?? null), openedAt: at,
        cause: `event:${event.contact_id}:${event.occurred_at.toISOString()}:${event.idempotency_key}`, reason: { code: 'event' as const, kind, event: event.name, severe }, by: 'system', details: { event: event.name, occurredAt: event.occurred_at.toISOString() },
      }];
    });
  }
}

function read(policy: HandoverPolicy, events: readonly HoldEventRow[]): Read[] {
  return events.flatMap((event) => holdSignals(policy, { name: event.name, properties: event.properties, occurredAt: event.occurred_at }).map((signal) => ({ event, signal })));
}

function resolution({ event, signal }: Read): HoldStepTaken[] {
  return signal.signal === 'resolves' ? [{ of: { kind: signal.kind, contactId: event.contact_id, reference: signal.reference }, step: 'resolved', at: event.occurred_at, by: 'system' }] : [];
}

/** Clocks of senders run ahead a little; nothing is held from a moment that is still to come. */
function earlier(moment: Date, now: Date): Date {
  return moment < now ? moment : now;
}
