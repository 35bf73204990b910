import { registerAuditCommands } from '../../src/privacy/audit.commands.js';
import { AuditService } from '../../src/privacy/audit.service.js';
import { TEST_NOW, useApp } from '../support/app.js';
import { commandLine } from '../support/command-line.js';

describe('the trail on the command line', () => {
  const app = useApp();

  beforeAll(async () => {
    const entry = (actor: string, action: string, subjectId: string) => ({ actor, action, subjectType: 'topic', subjectId });
    await app.get(AuditService).record(app.sql, [entry('key:ann', 'topic.changed', 'a:1'), entry('key:bob', 'topic.removed', 'b')], TEST_NOW);
  });

  const run = commandLine(app, registerAuditCommands);
  const audit = async (...words: string[]): Promise<string> => (await run('audit', ...words)).out;

  it.each([
    ['an actor', ['--actor', 'key:ann'], ['ann']],
    ['an action', ['--action', 'topic.removed'], ['bob']],
    ['a subject', ['--subject', 'topic:a:1'], ['ann']],
    ['a kind of subject', ['--subject', 'topic'], ['bob', 'ann']],
    ['a time after it', ['--subject', 'topic', '--since', '2999-01-01'], []],
    ['a kind of subject, as CSV', ['--subject', 'topic', '--csv'], ['bob', 'ann']],
  ])('is searched by %s', async (_, words, actors) => {
    expect([...(await audit(...words)).matchAll(/key:(\w+)/g)].map(([, name]) => name)).toEqual(actors);
  });
});
