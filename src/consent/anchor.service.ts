import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { CONFIG, type Config } from '../platform/config/config.js';
import { Sql } from '../platform/database/sql.js';
import { Rhythms } from '../platform/schedule/rhythms.js';
import { Secrets } from '../platform/secrets.js';
import { type Anchor, type AnchoredHead, AnchorFiles, shortHash } from './anchor-files.js';
import { readAnchored, readHeads, readLedgerPosition, tryLockAnchor } from './anchor.queries.js';

const HOUR = 3_600_000;
const HEADS_PER_PAGE = 5_000;
const POST_TIMEOUT_MS = 10_000;

/** A place in a ledger that an anchor names and the database contradicts. */
export interface AnchorFinding {
  readonly contactId: number;
  readonly sequence: number;
  /** `cut`: the record was there and is gone. `replaced`: another one stands in its place. */
  readonly damage: 'cut' | 'replaced';
}

export interface AnchorCheck {
  readonly anchors: number;
  readonly last: Date | null;
  /** What is wrong with the anchors themselves, in plain words. */
  readonly problems: string[];
}

/**
 * Every day the last record of each ledger that grew is written down outside the database. Whoever can do everything in the database, also with the triggers
 * off and all hashes made anew, cannot make it agree with what was written down before.
 */
@Injectable()
export class AnchorService implements OnApplicationBootstrap {
  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly secrets: Secrets,
    private readonly rhythms: Rhythms,
    @Inject(CONFIG) private readonly config: Pick<Config, 'anchorDir' | 'anchorUrl'>,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(HOUR, 'anchor of the consent ledgers', () => this.writeDaily());
  }

  async writeDaily(): Promise<void> {
    const last = (await (await this.files()).anchors()).at(-1);
    const since = last?.at === undefined ? Infinity : this.clock.now().getTime() - Date.parse(last.at);
    // Also when the clock went back behind the last one: days without an anchor are worse than one too many.
    if (since > 23.5 * HOUR || since < -HOUR) await this.write();
    await this.post();
  }

  /** Writes an anchor now; undefined when another process is at it. */
  write(): Promise<Anchor | undefined> {
    return this.sql.transaction(async (sql) => {
      if (!(await tryLockAnchor(sql))) return undefined;
      const { ledger, horizon } = await readLedgerPosition(sql);
      const files = new AnchorFiles(this.config.anchorDir, ledger);
      const last = (await files.anchors()).at(-1);
      // Behind the last one: the database was restored into another cluster, so everything is written again.
      const since = last?.horizon !== undefined && last.horizon <= horizon ? last.horizon : 0;
      const number = (last?.number ?? 0) + 1;
      const { heads, digest } = await files.writeHeads(number, this.grown(sql, since));
      const line = { number, at: this.clock.now().toISOString(), horizon, heads, digest };
      const anchor = { ...line, mac: this.mac(last?.mac ?? '', line).toString('hex') };
      await files.append(anchor);
      return anchor;
    });
  }

  /** Compares every anchor with the database, in pages; `keep` takes what does not agree. */
  async check(keep: (findings: readonly AnchorFinding[]) => void): Promise<AnchorCheck> {
    const files = await this.files();
    const anchors = await files.anchors();
    const problems: string[] = [];
    let before = '';
    for (const [index, anchor] of anchors.entries()) {
      if (!this.isGenuine(anchor, index + 1, before)) {
        problems.push(`line ${index + 1} of the anchors was changed, or lines before it are gone`);
        before = anchor?.mac ?? '';
        continue;
      }
      before = anchor.mac;
      if (!(await this.checkHeads(files, anchor, keep))) problems.push(`the heads of the anchor of ${anchor.at} were changed, or are gone`);
    }
    const last = anchors.at(-1)?.at;
    return { anchors: anchors.length, last: last === undefined ? null : new Date(last), problems };
  }

  private async checkHeads(files: AnchorFiles, anchor: Anchor, keep: (findings: readonly AnchorFinding[]) => void): Promise<boolean> {
    const pages = files.heads(anchor.number, HEADS_PER_PAGE);
    for (;;) {
      const page = await pages.next();
      if (page.done === true) return page.value === anchor.digest;
      const expected = new Map(page.value.map((head) => [`${head.contactId} ${head.sequence}`, head.hash]));
      const rows = await readAnchored(this.sql, page.value.map(({ contactId }) => contactId), page.value.map(({ sequence }) => sequence));
      keep(
        rows.flatMap(({ contact_id: contactId, sequence, hash }): AnchorFinding[] => {
          if (hash === null) return [{ contactId, sequence, damage: 'cut' }];
          return shortHash(hash) === expected.get(`${contactId} ${sequence}`) ? [] : [{ contactId, sequence, damage: 'replaced' }];
        }),
      );
    }
  }

  private async *grown(sql: Sql, since: number): AsyncGenerator<AnchoredHead[]> {
    for (let after = 0; ; ) {
      const page = await readHeads(sql, since, after, HEADS_PER_PAGE);
      if (page.length > 0) yield page.map((row) => ({ contactId: row.contact_id, sequence: row.sequence, hash: shortHash(row.hash) }));
      if (page.length < HEADS_PER_PAGE) return;
      after = page.at(-1)?.contact_id ?? after;
    }
  }

  /** Posts what was not posted yet. The other side's refusal stops it here; it is tried again within the hour. */
  private async post(): Promise<void> {
    const { anchorUrl } = this.config;
    if (anchorUrl === undefined) return;
    const files = await this.files();
    const posted = await files.posted();
    for (const anchor of await files.anchors()) {
      if (anchor?.number === undefined || anchor.number <= posted) continue;
      const answer = await fetch(anchorUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(anchor), signal: AbortSignal.timeout(POST_TIMEOUT_MS), redirect: 'error' });
      if (!answer.ok) throw new Error(`TACTFUL_ANCHOR_URL answered ${answer.status}`);
      await files.setPosted(anchor.number);
    }
  }

  private async files(): Promise<AnchorFiles> {
    return new AnchorFiles(this.config.anchorDir, (await readLedgerPosition(this.sql)).ledger);
  }

  private isGenuine(anchor: Partial<Anchor> | undefined, number: number, before: string): anchor is Anchor {
    if (typeof anchor?.mac !== 'string' || anchor.number !== number) return false;
    const { mac, ...line } = anchor as Anchor;
    const [expected, given] = [this.mac(before, line), Buffer.from(mac, 'hex')];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private mac(before: string, { number, at, horizon, heads, digest }: Omit<Anchor, 'mac'>): Buffer {
    return this.secrets.hmac('consent-anchor', JSON.stringify([before, number, at, horizon, heads, digest]));
  }
}
