import { PinoLogger } from '../../../src/platform/logging/pino-logger.js';

describe('the log', () => {
  const lines: string[] = [];
  const logger = new PinoLogger('info', { write: (line) => void lines.push(line) });
  const logged = (): string => lines.join('');
  beforeEach(() => void lines.splice(0));

  it('keeps ids and the context', () => {
    logger.log({ contactId: 7, batch: 3 }, 'planner');
    expect(JSON.parse(logged())).toMatchObject({ level: 'info', context: 'planner', contactId: 7, batch: 3 });
  });

  it.each([
    ['an address in a text', () => logger.warn('bounce of anna@klant.example', 'mail')],
    ['an address field', () => logger.log({ email: 'anna@klant.example' }, 'import')],
    ['a nested address field', () => logger.log({ contact: { email: 'anna@klant.example' } }, 'import')],
    ['an error that names a person', () => logger.error(new Error('550 no such user anna@klant.example'))],
    ['a database error that quotes a row', () => logger.error(Object.assign(new Error('duplicate key (email)=(anna@klant.example)'), { code: '23505', detail: 'Key (email)=(anna@klant.example)', statement: 'contacts.insert' }))],
  ])('never holds personal data: %s', (_, write) => {
    write();
    expect(logged()).not.toBe('');
    expect(logged()).not.toContain('anna');
  });

  it('names the statement that failed', () => {
    logger.error(Object.assign(new Error('deadlock'), { code: '40P01', statement: 'planner.moveEnrollments' }));
    expect(JSON.parse(logged())).toMatchObject({ error: { code: '40P01', statement: 'planner.moveEnrollments' } });
  });
});
