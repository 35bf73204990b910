import { companyWords } from '../../src/core/account/company-name.js';
import { MatchingService } from '../../src/accounts/matching/matching.service.js';
import { SeededRandom } from '../../src/demo/seeded-random.js';
import { importCrm } from '../support/accounts.js';
import { useApp } from '../support/app.js';

interface Account {
  account_id: number;
  name: string;
  domain: string;
  country: string;
}

interface Generated {
  readonly email: string;
  readonly country: string | null;
  readonly company: string | null;
  readonly account: number;
  /** Whether it must be found, must be left to a human, or may be either; never may it be another account. */
  readonly must: 'match' | 'review' | 'not_be_wrong' | 'none';
}

const random = new SeededRandom(17);

/** "technology" → "technolgy": one letter of a longer name is lost, doubled or swapped with its neighbour. */
function typo(name: string): string {
  const at = random.between(2, name.length - 3);
  const [a = '', b = ''] = [name[at], name[at + 1]];
  return name.slice(0, at) + random.pick([b, a + a + b, b + a]) + name.slice(at + 2);
}

/** One letter in 14 leaves names 0.92 alike; a typing error in "Corporation" makes it a word like any other. */
function isLongWithoutForm(name: string): boolean {
  return name.length >= 14 && companyWords(name).length === name.split(/[ -]/).length;
}

function peopleOf({ account_id: account, name, domain, country }: Account, number: number): Generated[] {
  const person = (email: string, must: Generated['must'], more: Partial<Generated> = {}): Generated => ({ email, country, company: null, account, must, ...more });
  return [
    person(`anna.${number}@${domain}`, 'match', { country: null }),
    person(`bram.${number}@mail.${domain}`, 'match', { company: 'Something Else' }),
    person(`carla.${number}@gmail.com`, 'match', { company: name }),
    person(`daan.${number}@ziggo.nl`, 'match', { company: `${name.toUpperCase()} ${random.pick(['Inc.', 'B.V.', 'GmbH & Co. KG', 'Ltd', 'S.p.A.'])}` }),
    person(`elif.${number}@outlook.com`, 'review', { company: name, country: null }),
    person(`femke.${number}@web.de`, isLongWithoutForm(name) ? 'match' : 'not_be_wrong', { company: typo(name) }),
    person(`gijs.${number}@hotmail.com`, 'none', { company: name, country: country === 'SE' ? 'NO' : 'SE' }),
    person(`hanna.${number}@mailinator.com`, 'none'),
  ];
}

describe('the accounts of a real sales pipeline, and eight generated people for each', () => {
  const app = useApp();

  it('are brought together without one mistake, typing errors included', async () => {
    await importCrm(app);
    const accounts = await app.sql.many<Account>('test.accounts', 'select account_id, name, domain, country from accounts order by account_id');
    expect(accounts).toHaveLength(85);
    const people = accounts.flatMap(peopleOf);
    await app.sql.exec(
      'test.people',
      `insert into contacts (contact_id, bucket, email, country, attributes, created_at, updated_at)
       select n, bucket_of(n, null), email, country, case when company is null then '{}' else jsonb_build_object('company', company) end, $4, $4
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality as p (email, country, company, n)`,
      [people.map(({ email }) => email), people.map(({ country }) => country), people.map(({ company }) => company), app.clock.now()],
    );
    const dry = await app.get(MatchingService).matchAll({ dryRun: true, by: 'test' });
    const report = await app.get(MatchingService).matchQueued();
    expect(report).toMatchObject({ examined: people.length, matched: dry.matched, review: dry.review, byRule: { host: 170 } });

    const found = await app.sql.many<{ contact_id: number; account_id: number | null; proposed: number | null }>(
      'test.found',
      `select c.contact_id, c.account_id, m.account_id as proposed from contacts c left join account_matches m on m.contact_id = c.contact_id and m.state = 'review' order by c.contact_id`,
    );
    const outcome = found.map(({ account_id: account, proposed }, index) => {
      const { must, ...person } = people[index]!;
      if (account !== null && account !== person.account) return { ...person, wrong: `matched with ${account}` };
      const got = account !== null ? 'match' : proposed === person.account ? 'review' : 'none';
      return must === 'not_be_wrong' || got === must ? 'as it should be' : { ...person, must, got, proposed };
    });
    expect(outcome.filter((one) => one !== 'as it should be')).toEqual([]);
    expect(await app.get(MatchingService).matchAll({ dryRun: false, by: 'test' })).toMatchObject({ matched: 0, review: 0 });
  });
});
