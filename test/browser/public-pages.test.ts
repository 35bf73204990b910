import type { Page } from 'playwright-core';
import { LedgerService } from '../../src/consent/ledger.service.js';
import { LinkTokens } from '../../src/consent/link-tokens.js';
import { accessibilityProblems, keepScreenshot, overflows, type Surroundings, useBrowser } from '../support/browser.js';
import { addContact, addPurpose } from '../support/people.js';

/** Each language, each colour scheme and each device twice, in another company. */
const SURROUNDINGS: Surroundings[] = [
  { language: 'nl', colours: 'light', device: 'phone' },
  { language: 'nl', colours: 'dark', device: 'desk' },
  { language: 'en', colours: 'light', device: 'desk' },
  { language: 'en', colours: 'dark', device: 'phone' },
];

describe('the public pages in a browser, without JavaScript', () => {
  const world = useBrowser();
  let contactId = 0;
  let messageId = 0;

  beforeAll(async () => {
    const { app } = world;
    await addPurpose(app, { key: 'newsletter', name: { nl: 'Nieuwsbrief', en: 'Newsletter' }, description: { nl: 'Wat wij deze maand zelf openen, en waarom.', en: 'What we are opening ourselves this month, and why.' }, frequency: { nl: 'Eén keer per maand.', en: 'Once a month.' } });
    await addPurpose(app, { key: 'events', name: { nl: 'Uitnodigingen', en: 'Invitations' }, description: { nl: 'Proeverijen bij u in de buurt.', en: 'Tastings near you.' }, frequency: { nl: 'Hooguit zes keer per jaar.', en: 'At most six times a year.' } });
    await addPurpose(app, { key: 'orders', name: { nl: 'Je bestelling', en: 'Your order' }, description: { nl: 'Bevestiging en bezorging.', en: 'Confirmation and delivery.' }, legalBasis: 'contract', messageClass: 'service' });
  });
  beforeAll(async () => {
    const create = async (path: string, body: object): Promise<void> => expect((await world.app.request('POST', path, { body })).status).toBe(201);
    await create('/api/v1/consent-wordings', { wording: 'nieuwsbrief', purpose: 'newsletter', texts: { nl: 'Ja, stuur mij eens per maand de nieuwsbrief.', en: 'Yes, send me the newsletter once a month.' } });
    await create('/api/v1/consent-wordings', { wording: 'openen', purpose: 'newsletter', channel: 'email_opens', texts: { nl: 'Jullie mogen bijhouden of ik de mail open.', en: 'You may note whether I open the mail.' } });
    await create('/api/v1/consent-forms', { form: 'voorpagina', title: { nl: 'Onze nieuwsbrief', en: 'Our newsletter' }, noticeVersion: '2026-01', noticeUrl: 'https://voorbeeld.example/privacy', wordings: ['nieuwsbrief', 'openen'] });
  });
  beforeEach(async () => {
    const { app } = world;
    app.clock.advance(60_000);
    contactId = await addContact(app, { email: `bea-${app.clock.now().getTime()}@voorbeeld.example`, firstName: 'Bea', language: null });
    await app.sql.exec('test.source', `update contacts set source = 'webwinkel', source_at = '2026-03-04T10:00:00Z', last_name = 'de Vries' where contact_id = $1`, [contactId]);
    const proof = { actor: 'self', method: 'web_form', wording: 'Ja, stuur mij één keer per maand de nieuwsbrief.', controller: 'Voorbeeld B.V.' } as const;
    const entry = { contactId, purpose: 'newsletter', legalBasis: 'consent', proof } as const;
    await app.get(LedgerService).append(app.sql, [{ ...entry, event: 'given' }, { ...entry, event: 'confirmed' }], app.clock.now());
    ({ message_id: messageId } = await app.sql.one<{ message_id: number }>(
      'test.mail',
      `insert into messages (contact_id, campaign_id, campaign_version, step, occurrence, bucket, purpose, class, language, state, due_at, expires_at, queued_at, sent_at) values ($1, 1, 1, 0, 1, 1, 'newsletter', 'survey', 'nl', 'sent', $2, $2, $2, $2) returning message_id`,
      [contactId, app.clock.now()],
    ));
  });

  const tokens = (): LinkTokens => world.app.get(LinkTokens);
  const preferences = (): string => `/preferences/${tokens().preferences({ contactId, issuedAt: world.app.clock.now() })}`;
  const myData = (): string => `/my-data/${tokens().myData({ contactId, issuedAt: world.app.clock.now() })}`;
  const survey = (): string => `/survey/${tokens().survey({ contactId, messageId })}`;
  const person = (): string => `/person/${tokens().person({ contactId, messageId })}`;
  const open = async (path: string, surroundings: Partial<Surroundings> = {}): Promise<Page> => {
    const page = await world.page(surroundings);
    await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}lang=${surroundings.language ?? 'nl'}`);
    return page;
  };
  const press = async (page: Page, selector: string): Promise<void> => {
    await Promise.all([page.waitForEvent('load'), page.click(selector)]);
  };
  const withoutChecks = (page: Page, selector: string): Promise<unknown> => page.evaluate(`document.querySelectorAll('${selector}').forEach((field) => field.removeAttribute('required'))`);

  const PAGES: [string, (surroundings: Surroundings) => Promise<Page>][] = [
    ['preferences', async (surroundings) => {
      const page = await open(preferences(), surroundings);
      for (const summary of await page.locator('summary').all()) await summary.click();
      return page;
    }],
    ['preferences-saved', async (surroundings) => {
      const page = await open(preferences(), surroundings);
      await press(page, 'button[value="pause_30"]');
      return page;
    }],
    ['preferences-expired', (surroundings) => open('/preferences/expired', surroundings)],
    ['preferences-renewed', async (surroundings) => {
      const page = await open('/preferences/expired', surroundings);
      await press(page, 'button');
      return page;
    }],
    ['person', (surroundings) => open(person(), surroundings)],
    ['person-missing', async (surroundings) => {
      const page = await open(person(), surroundings);
      await withoutChecks(page, 'textarea');
      await press(page, 'button');
      return page;
    }],
    ['person-thanks', async (surroundings) => {
      const page = await open(person(), surroundings);
      await page.fill('textarea', 'Ik wil graag iemand spreken.');
      await press(page, 'button');
      return page;
    }],
    ['survey', (surroundings) => open(`${survey()}?score=8`, surroundings)],
    ['survey-missing', async (surroundings) => {
      const page = await open(survey(), surroundings);
      await withoutChecks(page, 'input');
      await press(page, 'button');
      return page;
    }],
    ['survey-thanks', async (surroundings) => {
      const page = await open(`${survey()}?score=3`, surroundings);
      await press(page, 'button');
      return page;
    }],
    ['my-data', (surroundings) => open(myData(), surroundings)],
    ['my-data-wrong', async (surroundings) => {
      const page = await open(myData(), surroundings);
      await page.fill('#country', 'Absurdistan');
      await press(page, 'button[value="correct"]');
      return page;
    }],
    ['rights', (surroundings) => open('/my-data', surroundings)],
    ['rights-missing', async (surroundings) => {
      const page = await open('/my-data', surroundings);
      await withoutChecks(page, 'input');
      await page.fill('#note', 'Mijn naam is verkeerd gespeld.');
      await press(page, 'button');
      return page;
    }],
    ['subscribe', (surroundings) => open('/subscribe/voorpagina', surroundings)],
    ['subscribe-wrong', async (surroundings) => {
      const page = await open('/subscribe/voorpagina', surroundings);
      await page.check('input[name="also"]');
      await page.fill('#email', 'bea@voorbeeld');
      await press(page, 'button');
      return page;
    }],
    ['unsubscribe', (surroundings) => open(`/unsubscribe/${tokens().unsubscribe({ contactId, messageId, purpose: 'newsletter' })}`, surroundings)],
  ];

  describe.each(PAGES)('%s', (name, show) => {
    it.each(SURROUNDINGS)('is accessible and fits the screen ($language, $colours, $device)', async (surroundings) => {
      const page = await show(surroundings);
      await keepScreenshot(page, [name, surroundings.language, surroundings.colours, surroundings.device].join('-'));
      expect(await page.evaluate('document.documentElement.lang')).toBe(surroundings.language);
      expect(await accessibilityProblems(page, surroundings)).toEqual([]);
      expect(await overflows(page)).toBe(false);
    });
  });

  describe('with the keyboard alone', () => {
    /** Tabs on until the element has the focus (past the end of the page it begins again), and sees to it that a focus can be seen on the way. */
    async function tabTo(page: Page, selector: string): Promise<void> {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const [there, visible] = await page.evaluate<[boolean, boolean]>(`(() => { const at = document.activeElement; const label = at.closest('label'); const seen = (one) => one && getComputedStyle(one).outlineStyle !== 'none' && parseFloat(getComputedStyle(one).outlineWidth) >= 2; return [at.matches(${JSON.stringify(selector)}), at === document.body || Boolean(seen(at) || seen(label))]; })()`);
        expect(visible).toBe(true);
        if (there) return;
      }
      throw new Error(`the keyboard does not reach ${selector}`);
    }

    it('switches a topic off, chooses how often another comes, and saves', async () => {
      const page = await open(preferences());
      await tabTo(page, '#topic-newsletter');
      await page.keyboard.press('Space');
      await tabTo(page, '#often-events');
      await page.keyboard.press('End');
      await tabTo(page, 'button[value="save"]');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.textContent('[role="status"]')).toContain('Je keuze is bewaard');
      expect([await page.isChecked('#topic-newsletter'), await page.inputValue('#often-events')]).toEqual([false, 'events:monthly']);
    });

    it('pauses, goes on, and switches everything off', async () => {
      const page = await open(preferences());
      for (const [button, words] of [['pause_90', 'De pauze loopt'], ['resume', 'De pauze is voorbij'], ['all_off', 'Alles staat uit']] as const) {
        await tabTo(page, `button[value="${button}"]`);
        await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
        expect(await page.textContent('[role="status"]')).toContain(words);
      }
    });

    it('opens the reason for a topic', async () => {
      const page = await open(preferences());
      expect(await page.isVisible('q')).toBe(false);
      await tabTo(page, 'summary');
      await page.keyboard.press('Enter');
      expect(await page.textContent('q')).toBe('Ja, stuur mij één keer per maand de nieuwsbrief.');
    });

    it('answers the survey', async () => {
      const page = await open(`${survey()}?score=8`);
      await tabTo(page, 'input[name="score"]');
      await page.keyboard.press('ArrowRight');
      await tabTo(page, 'textarea');
      await page.keyboard.type('Ga zo door');
      await tabTo(page, 'button');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.textContent('h1')).toBe('Bedankt');
      expect(await world.app.sql.many('test.answers', 'select score, comment from nps_responses where contact_id = $1', [contactId])).toEqual([{ score: 9, comment: 'Ga zo door' }]);
    });

    it('asks for a person', async () => {
      const page = await open(person());
      await tabTo(page, 'textarea');
      await page.keyboard.type('Bel mij.');
      await tabTo(page, 'button');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.textContent('h1')).toBe('Bedankt, een mens leest het');
    });

    it('asks for one’s data, and what was filled in stays when something is missing', async () => {
      const page = await open('/my-data');
      await withoutChecks(page, 'input');
      await tabTo(page, '#note');
      await page.keyboard.type('Mijn naam is verkeerd gespeld.');
      await tabTo(page, 'button');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.textContent('[role="alert"]')).toContain('Vul een e-mailadres in');
      expect(await page.inputValue('#note')).toBe('Mijn naam is verkeerd gespeld.');
      await page.fill('#email', 'niemand@voorbeeld.example');
      await tabTo(page, 'input[name="kind"]');
      await page.keyboard.press('ArrowDown');
      await tabTo(page, 'button');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.textContent('h1')).toBe('Kijk in je mailbox');
    });

    it('corrects one’s own data', async () => {
      const page = await open(myData());
      await tabTo(page, '#last_name');
      await page.keyboard.press('End');
      await page.keyboard.type(' Jansen');
      await tabTo(page, 'button[value="correct"]');
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      expect(await page.inputValue('#last_name')).toMatch(/Jansen$/);
      expect(await page.textContent('[role="status"]')).toContain('Bewaard');
    });
  });

  it.each(['account-play', 'lead-follow-up-1', 'newsletter', 'nps-survey', 'opt-in-request', 're-confirmation'])('the mail “%s” can be read by day and by night, to its last line', async (template) => {
    for (const surroundings of [{ language: 'nl', colours: 'dark', device: 'phone' }, { language: 'en', colours: 'light', device: 'desk' }] as const) {
      const { body } = await world.app.request('POST', `/api/v1/templates/${template}/preview`, { body: { contactId, language: surroundings.language } });
      const page = await world.page(surroundings);
      await page.setContent(body.html);
      await keepScreenshot(page, ['mail', template, surroundings.colours].join('-'));
      expect((await accessibilityProblems(page, surroundings)).filter((problem) => problem.startsWith('color-contrast'))).toEqual([]);
      expect(await overflows(page)).toBe(false);
    }
  });

  it('loads nothing from anywhere, and sets no cookie', async () => {
    const page = await world.page();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    for (const path of [preferences(), person(), survey(), myData()]) await page.goto(`${world.url}${path}`);
    expect(asked.filter((path) => path !== '/favicon.ico')).toHaveLength(4);
    expect(await page.context().cookies()).toEqual([]);
  });
});
