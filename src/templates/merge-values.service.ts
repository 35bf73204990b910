import { Inject, Injectable } from '@nestjs/common';
import type { MergeField } from '../core/template/merge-fields.js';
import type { MergeValues } from '../core/template/render.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import type { Sql } from '../platform/database/sql.js';
import { loadMergeRows, type MergeDataRow } from './merge-rows.queries.js';

/** What is the same for everybody in a campaign. */
export interface MergeFrame {
  readonly sender: 'workspace' | 'account_owner';
  readonly campaign: { readonly key: string; readonly name: string; readonly purpose: string };
}

/** One person's values and what the envelope needs. `links` is added per message. */
export interface MergePerson {
  readonly contactId: number;
  readonly accountId: number | null;
  readonly email: string | null;
  readonly addressHash: Buffer | null;
  readonly name: string | undefined;
  readonly language: 'nl' | 'en' | null;
  readonly sender: { readonly name: string; readonly address: string } | undefined;
  readonly values: MergeValues;
}

/** People, and what one mail to them reads. */
export interface AskedValues {
  readonly contactIds: readonly number[];
  readonly fields: readonly MergeField[];
  readonly frame: MergeFrame;
}

/** Loads what templates read: for the planner (what is missing?) and for delivery (what is written?). One statement a batch. */
@Injectable()
export class MergeValuesService {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** By contact id; a contact that is gone is not in the map. With `account_owner` a person whose account has no owner has no sender values. */
  async load(sql: Sql, contactIds: readonly number[], fields: readonly MergeField[], frame: MergeFrame): Promise<Map<number, MergePerson>> {
    const rows = await loadMergeRows(sql, contactIds, fields.map(({ path }) => path));
    const shared = this.sharedIn(frame);
    return new Map(rows.map((row) => [row.contact_id, this.person(row, frame, shared)]));
  }

  /** Of people who are written to about several things at once, a map for each: one statement. Each holds the fields of all. */
  async loadAll(sql: Sql, asked: readonly AskedValues[]): Promise<ReadonlyMap<number, MergePerson>[]> {
    if (asked.length === 0) return [];
    const paths = new Set(asked.flatMap(({ fields }) => fields.map(({ path }) => path)));
    const rows = new Map((await loadMergeRows(sql, [...new Set(asked.flatMap(({ contactIds }) => contactIds))], [...paths])).map((row) => [row.contact_id, row]));
    return asked.map(({ contactIds, frame }) => {
      const shared = this.sharedIn(frame);
      return new Map(contactIds.flatMap((id): [number, MergePerson][] => {
        const row = rows.get(id);
        return row ? [[id, this.person(row, frame, shared)]] : [];
      }));
    });
  }

  private sharedIn(frame: MergeFrame): MergeValues {
    return {
      campaign: { ...frame.campaign },
      workspace: { name: this.config.mailFrom.name, email: this.config.mailReplyTo, postal_address: this.config.postalAddress, domain: this.config.mailDomain },
    };
  }

  private person(row: MergeDataRow, frame: MergeFrame, shared: MergeValues): MergePerson {
    const sender = this.senderOf(row, frame.sender);
    return {
      contactId: row.contact_id,
      accountId: row.account_id,
      email: row.email,
      addressHash: row.address_hash,
      name: [row.first_name, row.last_name].filter((part) => part !== null && part.trim() !== '').join(' ') || undefined,
      language: row.language,
      sender,
      values: {
        ...shared,
        profiling: { off: row.profiling_off },
        contact: valuesBelow('contact.', row, row.contact_attributes),
        account: row.account_id === null ? undefined : valuesBelow('account.', row, row.account_attributes),
        sender: sender && { name: sender.name, first_name: sender.name.split(' ')[0], email: sender.address },
      },
    };
  }

  private senderOf(row: MergeDataRow, kind: MergeFrame['sender']): MergePerson['sender'] {
    if (kind === 'workspace') return this.config.mailFrom;
    return row.owner_name !== null && row.owner_email !== null ? { name: row.owner_name, address: row.owner_email } : undefined;
  }
}

/** Blank texts are left out: what a reader would not see is not there, for `{{#if}}` and for fallbacks alike. */
function valuesBelow(prefix: string, row: MergeDataRow, attributes: Record<string, unknown> | null): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) if (name.startsWith(prefix) && isThere(value)) values[name.slice(prefix.length)] = value;
  values['attributes'] = Object.fromEntries(Object.entries(attributes ?? {}).filter(([, value]) => isThere(value)));
  return values;
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined && (typeof value !== 'string' || value.trim() !== '');
}
