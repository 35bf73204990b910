import { fc, seed } from '../support/generated.js';
import type { Rule, Scope } from '../../src/core/rule/rule.js';
import type { FieldType } from '../../src/core/rule/fields.js';
import { LiveService } from '../../src/segments/live/live.service.js';
import { ReconcileService } from '../../src/segments/live/reconcile.service.js';
import { RuleBook } from '../../src/segments/rule-book.js';
import { useApp } from '../support/app.js';
import { type Population, population } from '../unit/rule/random-people.js';
import { CAMPAIGNS, CUSTOM, LISTS, MAILED, NOW, randomRule, randomSegments, SEGMENT_KEYS } from '../unit/rule/random-rules.js';
import { store } from './store-population.js';

const WORLDS = 5;
const ROUNDS = 5;
const RULES = 16;
const HOUR = 3_600_000;

/** Something that happens, told by numbers; what they mean depends on who is there. */
interface Happening {
  readonly kind: number;
  readonly who: number;
  readonly from: number;
  readonly more: number;
}
const happening: fc.Arbitrary<Happening> = fc.record({ kind: fc.nat(15), who: fc.nat(59), from: fc.nat(59), more: fc.nat(1_000) });
const pauses = [0, 1, 5 * HOUR, 24 * HOUR, 24 * HOUR + 1, 7 * 24 * HOUR, 30 * 24 * HOUR + 1];

/**
 * The promise of live membership: whatever changes, by whatever statement, and however much time passes, the members are those whom the
 * compiled rule selects. A failure prints its seed: TACTFUL_TEST_SEED=… repeats it.
 */
describe('live membership and the compiled statement', () => {
  const app = useApp({ defaultTimeZone: 'Europe/Amsterdam' });
  let compared = 0;
  let changed = 0;

  beforeAll(async () => {
    await app.sql.exec('test.attributes', 'insert into attribute_definitions (scope, key, type) select * from unnest($1::text[], $2::text[], $3::text[])', [CUSTOM.map(({ scope }) => scope), CUSTOM.map(({ key }) => key), CUSTOM.map(({ type }): FieldType => type)]);
  });

  const worlds = fc.sample(
    fc.record({
      before: population,
      after: population,
      segments: randomSegments,
      rules: fc.tuple(fc.array(randomRule('contact', 2, SEGMENT_KEYS), { minLength: RULES / 2, maxLength: RULES / 2 }), fc.array(randomRule('account', 2, SEGMENT_KEYS), { minLength: RULES / 2, maxLength: RULES / 2 })),
      rounds: fc.array(fc.record({ happenings: fc.array(happening, { minLength: 4, maxLength: 8 }), pause: fc.constantFrom(...pauses) }), { minLength: ROUNDS, maxLength: ROUNDS }),
    }),
    { numRuns: WORLDS, seed },
  );

  it.each(worlds.map((world, index) => ({ ...world, index })))('agree in world $index, whatever happens (TACTFUL_TEST_SEED=' + String(seed) + ')', async ({ before, after, segments, rules, rounds }) => {
    app.clock.set(NOW);
    await store(app.sql, before);
    const saved: [string, Scope, Rule][] = [...segments].flatMap(([key, segment]): [string, Scope, Rule][] => (segment.rule ? [[key, segment.scope, segment.rule]] : []));
    rules[0].forEach((rule, index) => saved.push([`people-${index}`, 'contact', rule]));
    rules[1].forEach((rule, index) => saved.push([`firms-${index}`, 'account', rule]));
    await save(saved);
    await compareAll(saved);
    for (const { happenings, pause } of rounds) {
      for (const one of happenings) await happen(one, after);
      app.clock.advance(pause);
      await compareAll(saved);
    }
    for (const id of await ids('select segment_id as id from segment_live', [])) expect(await app.get(ReconcileService).reconcile(id)).toMatchObject({ missing: 0, surplus: 0 });
  }, 180_000);

  it('were compared often, and had something to follow', () => {
    expect(compared).toBe(WORLDS * (ROUNDS + 1) * (RULES + 6));
    expect(changed).toBeGreaterThan(WORLDS * 100);
  });

  async function save(saved: readonly (readonly [string, Scope, Rule])[]): Promise<void> {
    await app.sql.exec(
      'test.save',
      `insert into segments (key, name, scope, rule, created_at, updated_at, updated_by) select key, key, scope, rule, $4, $4, 'test' from unnest($1::text[], $2::text[], $3::jsonb[]) s (key, scope, rule)`,
      [saved.map(([key]) => key), saved.map(([, scope]) => scope), saved.map(([, , rule]) => JSON.stringify(rule)), NOW],
    );
  }

  async function compareAll(saved: readonly (readonly [string, Scope, Rule])[]): Promise<void> {
    await app.get(LiveService).settle();
    const book = await RuleBook.load(app.sql, 'Europe/Amsterdam');
    for (const [key, scope, rule] of saved) {
      const compiled = book.compile(rule, scope, app.clock.now());
      if (!compiled.ok) throw new Error(`${key}: ${JSON.stringify(compiled.error)}`);
      const table = scope === 'contact' ? 'segment_members' : 'segment_account_members';
      const wanted = await ids(`select ${scope}_id as id from (${compiled.value.text}) member order by 1`, compiled.value.params);
      const members = await ids(`select m.${scope}_id as id from ${table} m join segments using (segment_id) where key = $1 order by 1`, [key]);
      compared += 1;
      expect({ key, rule, members }).toEqual({ key, rule, members: wanted });
    }
    changed = (await ids('select (select count(*) from segment_changes) + (select count(*) from segment_account_changes) as id', [])).reduce((sum, count) => sum + count, changed);
  }

  async function ids(text: string, params: readonly unknown[]): Promise<number[]> {
    return (await app.sql.many<{ id: number }>('test.ids', text, params)).map((row) => row.id);
  }

  async function happen({ kind, who, from, more }: Happening, other: Population): Promise<void> {
    const [contact, account, now] = [who + 1, (who % 8) + 1, app.clock.now()];
    const person = other.people[from];
    const firm = other.accounts[from % 8];
    if (!person || !firm) throw new Error('nobody');
    const run = async (text: string, ...params: unknown[]): Promise<void> => {
      await app.sql.exec('test.happen', text, params);
    };
    switch (kind) {
      case 0:
        return run(`update contacts set attributes = $2, first_name = $3, updated_at = $4 where contact_id = $1`, contact, person.attributes, person.columns['first_name'], now);
      case 1:
        return run('update contacts set country = $2, birth_date = $3, created_at = $4 where contact_id = any($1)', [contact, contact + 7, contact + 9], person.columns['country'], person.columns['birth_date'], person.columns['created_at']);
      case 2:
        return run('update contacts set account_id = (select account_id from accounts where account_id = $2) where contact_id = $1', contact, more % 4 === 0 ? null : account);
      case 3:
      case 4: {
        // Lately, a while ago, and some that lie ahead.
        const at = new Date(now.getTime() - (more % 40) * 20 * HOUR + (more % 3 === 0 ? 26 * HOUR : 0));
        const event = person.events[0] ?? { name: 'Pricing Viewed', properties: {} };
        return run(`insert into events (contact_id, occurred_at, idempotency_key, name, properties, source) select id, $2, gen_random_uuid()::text, $3, $4, 'test' from unnest($1::bigint[]) id join contacts on contact_id = id`, [contact, contact + 11], at, event.name, event.properties);
      }
      case 5:
        return run('delete from events where contact_id = $1 and (contact_id, occurred_at, idempotency_key) in (select contact_id, occurred_at, idempotency_key from events where contact_id = $1 order by idempotency_key limit 2)', contact);
      case 6:
        return run(`insert into buying_group_members (contact_id, account_id, role, source, valid_from, valid_to) select contact_id, account_id, $2, 'test', $3, $4 from contacts where contact_id = $1 and account_id is not null on conflict do nothing`, contact, ['decider', 'user', 'buyer'][more % 3], new Date(now.getTime() + ((more % 5) - 2) * 9 * HOUR), more % 2 === 0 ? new Date(now.getTime() + 40 * HOUR) : null);
      case 7:
        return run('update buying_group_members set valid_to = $2 where contact_id = $1', contact, now);
      case 8:
        return run('update accounts set attributes = $2, sector = $3, employees = $4, revenue = $5, last_won_on = $6 where account_id = $1', account, firm.attributes, firm.columns['sector'], firm.columns['employees'], firm.columns['revenue'], firm.columns['last_won_on']);
      case 9:
        if (more % 5 === 0) {
          await run('delete from segment_account_members m using segments s where m.account_id = $1 and s.segment_id = m.segment_id and s.kind = $2', account, 'list');
          return run('delete from accounts where account_id = $1', account);
        }
        // Who deletes a contact deletes what he did with him.
        await run('delete from events where contact_id = $1', contact);
        await run('delete from messages where contact_id = $1', contact);
        await run('delete from segment_members m using segments s where m.contact_id = $1 and s.segment_id = m.segment_id and s.kind = $2', contact, 'list');
        return run('delete from contacts where contact_id = $1', contact);
      case 10:
        return run(
          `insert into contacts (contact_id, bucket, account_id, first_name, country, birth_date, created_at, updated_at, attributes)
           select $1::bigint, 0, (select account_id from accounts where account_id = $2), $3, $4, $5, $6, $6, $7 on conflict (contact_id) do update set attributes = excluded.attributes, account_id = excluded.account_id`,
          contact, account, person.columns['first_name'], person.columns['country'], person.columns['birth_date'], now, person.attributes,
        );
      case 12: {
        const said = person.mailing.consents[more % person.mailing.consents.length];
        if (more % 4 === 0) return run('delete from consents where contact_id = $1', contact);
        return run(
          `insert into consents (contact_id, purpose, state, legal_basis, given_at, confirmed_at, valid_until, sequence) select contact_id, $2, $3, $4, $5, $5, $6, 1 from contacts where contact_id = $1
           on conflict (contact_id, purpose, channel) do update set state = excluded.state, legal_basis = excluded.legal_basis, valid_until = excluded.valid_until`,
          contact, MAILED[more % MAILED.length], said?.state, said?.legal_basis, now, more % 3 === 0 ? new Date(now.getTime() + (more % 50) * 17 * HOUR) : null,
        );
      }
      case 13: {
        if (more % 3 === 0) return run('delete from suppressions s using contacts c where c.contact_id = $1 and s.address_hash = c.address_hash', contact);
        const reason = ['complaint', 'manual', 'soft_bounce'][more % 3];
        return run(`insert into suppressions (address_hash, reason, suppressed_at, ends_at, source) select address_hash, $2, $3, $4, 'test' from contacts where contact_id = $1 and address_hash is not null on conflict do nothing`, contact, reason, now, more % 2 === 0 ? new Date(now.getTime() + (more % 40) * 11 * HOUR) : null);
      }
      case 14: {
        const at = new Date(now.getTime() - (more % 20) * 20 * HOUR);
        if (more % 3 === 0) return run(`update messages set state = case state when 'sent' then 'bounced' else 'sent' end, sent_at = coalesce(sent_at, $2) where contact_id = $1`, contact, at);
        if (more % 7 === 0) return run('delete from messages where contact_id = $1', contact);
        return run(
          `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at)
           select contact_id, $2, 1, 1, $3, 0, 'news', 'marketing', 'nl', 'sent', $4, $4, $4, $4 from contacts where contact_id = $1 on conflict do nothing`,
          contact, [...CAMPAIGNS.values()][more % CAMPAIGNS.size], more, at,
        );
      }
      case 15:
        return run('update accounts set parent_account_id = (select account_id from accounts where account_id = $2) where account_id = $1', account, more % 3 === 0 ? null : (from % 8) + 1);
      default: {
        const list = [...LISTS.values()][more % LISTS.size];
        const table = list?.scope === 'contact' ? 'segment_members' : 'segment_account_members';
        const id = list?.scope === 'contact' ? contact : account;
        if (more % 2 === 0) return run(`delete from ${table} where ${list?.scope}_id = $1 and segment_id = $2`, id, list?.list);
        return run(`insert into ${table} (${list?.scope}_id, segment_id, entered_at) select ${list?.scope}_id, $2, $3 from ${list?.scope}s where ${list?.scope}_id = $1 on conflict do nothing`, id, list?.list, now);
      }
    }
  }
});
