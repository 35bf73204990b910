import { CampaignEntriesService } from '../../src/campaigns/campaign-entries.service.js';
import { CampaignProblemsService } from '../../src/campaigns/campaign-problems.service.js';
import { EvaluationService } from '../../src/segments/live/evaluation.service.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { SegmentsService } from '../../src/segments/segments.service.js';
import { useApp } from '../support/app.js';
import { CampaignWorld, HOUR } from '../support/campaign-world.js';
import { settled } from '../support/settled.js';

const PEOPLE = 60;
const WRITERS = 4;
const ROUNDS = 25;

class Crash extends Error {}

describe('live membership with several workers, some of which die', () => {
  const app = useApp();
  let world: CampaignWorld;
  let ids: number[] = [];

  beforeAll(async () => {
    world = new CampaignWorld(app);
    await world.prepare();
    ids = await world.people(PEOPLE);
    await world.event([], 'Pricing Viewed');
    await world.segment('keen', 'contact', {
      kind: 'all',
      conditions: [
        { kind: 'attribute', attribute: 'lifecycle_stage', operator: 'equals', value: 'lead' },
        { kind: 'event', event: 'Pricing Viewed', count: { operator: 'at_least', value: 2 }, within: { kind: 'last_days', days: 7 } },
      ],
    });
    await app.get(LiveService).settle();
    await world.started('to-the-keen', { audience: { segment: 'keen', scope: 'contact' }, entry: { kind: 'segment_entered' } });
    await world.started('to-the-lost', { audience: { segment: 'keen', scope: 'contact' }, entry: { kind: 'segment_left' } });
    app.clock.advance(HOUR);
  });

  it('loses nobody, doubles nobody, and starts each campaign once for each', async () => {
    let writing = true;
    let crashes = 0;
    const evaluator = (): EvaluationService => new EvaluationService(app.sql, app.clock, app.config);
    const worker = async (): Promise<void> => {
      const evaluation = evaluator();
      while (writing) await evaluation.evaluate('contact');
    };
    /** Everything of a batch was done and written, then the process dies: the transaction is undone. */
    const dyingWorker = async (): Promise<void> => {
      while (writing) await dying((sql) => new EvaluationService(sql, app.clock, app.config).evaluate('contact'));
    };
    const dyingEntries = async (): Promise<void> => {
      while (writing) await dying((sql) => new CampaignEntriesService(sql, app.get(SegmentsService), app.get(CampaignProblemsService)).enterDue(app.clock.now()));
    };
    const entries = async (): Promise<void> => {
      while (writing) await app.get(CampaignEntriesService).enterDue(app.clock.now());
    };
    async function dying(work: (sql: typeof app.sql) => Promise<unknown>): Promise<void> {
      await app.sql
        .transaction(async (sql) => {
          await work(sql);
          throw new Crash();
        })
        .catch((error: unknown) => {
          if (!(error instanceof Crash) && (error as { code?: string }).code !== '40P01') throw error;
          crashes += 1;
        });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const work = [worker(), worker(), dyingWorker(), entries(), dyingEntries()];
    await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => write(writer)));
    writing = false;
    await Promise.all(work);
    await app.get(LiveService).settle();
    expect(crashes).toBeGreaterThan(5);

    const book = await RuleBook.load(app.sql, app.config.defaultTimeZone);
    const compiled = book.compile(book.segment('keen')!.rule!, 'contact', app.clock.now());
    if (!compiled.ok) throw new Error('not compiled');
    const wanted = await column(`select contact_id as id from (${compiled.value.text}) member order by 1`, compiled.value.params);
    expect(await column(`select contact_id as id from segment_members join segments using (segment_id) where key = 'keen' order by 1`)).toEqual(wanted);
    // The history of each person goes in, out, in …, and ends where the person is.
    const history = await app.sql.many<{ contact_id: number; kinds: string[] }>('test.history', `select contact_id, array_agg(c.kind order by change_id) as kinds from segment_changes c join segments using (segment_id) where key = 'keen' group by contact_id`);
    for (const { contact_id, kinds } of history) {
      kinds.forEach((kind, index) => expect(kind).toBe(index % 2 === 0 ? 'entered' : 'left'));
      expect(kinds.at(-1) === 'entered').toBe(wanted.includes(contact_id));
    }
    await settled(app.sql, () => app.get(CampaignEntriesService).enterDue(app.clock.now()));
    const enrolled = await app.sql.many<{ contact_id: number; times: number }>('test.enrolled', `select contact_id, count(*)::int as times from enrollments join campaigns using (campaign_id) where key = 'to-the-keen' group by 1`);
    expect(enrolled.every(({ times }) => times === 1)).toBe(true);
    expect(enrolled.map((row) => row.contact_id)).toEqual(expect.arrayContaining(wanted));
    const everIn = new Set(history.map((row) => row.contact_id));
    expect(enrolled.every((row) => everIn.has(row.contact_id))).toBe(true);
  });

  /** Events come and go, and people change, in transactions of several statements that overlap. */
  async function write(writer: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const who = [0, 1, 2].map((step) => ids[(writer * 17 + round * 7 + step * 11) % PEOPLE]!);
      await app.sql.transaction(async (sql) => {
        const at = new Date(app.clock.now().getTime() - round * 60_000);
        await sql.exec('test.events', `insert into events (contact_id, occurred_at, idempotency_key, name, source) select id, $2, gen_random_uuid()::text, 'Pricing Viewed', 'test' from unnest($1::bigint[]) id order by id`, [who, at]);
        await new Promise((resolve) => setTimeout(resolve, (writer * 3 + round) % 7));
        if (round % 3 === 0) await sql.exec('test.stage', `update contacts set lifecycle_stage = case when lifecycle_stage = 'lead' then 'prospect' else 'lead' end where contact_id = $1`, [who[0]]);
      });
      if (round % 4 === 0) await app.sql.exec('test.unsee', 'delete from events where contact_id = $1', [who[1]]);
    }
  }

  async function column(text: string, params: readonly unknown[] = []): Promise<number[]> {
    return (await app.sql.many<{ id: number }>('test.column', text, params)).map((row) => row.id);
  }
});
