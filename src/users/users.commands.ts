import type { Command } from 'commander';
import { ROLES } from '../core/shared/roles.js';
import { type Boot, fail, withApp } from '../platform/command-line.js';
import { keyInput } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { userChange } from './users.controller.js';
import { UsersService } from './users.service.js';

export function registerUsersCommands(program: Command, boot: Boot): void {
  const keys = program.commands.find((command) => command.name() === 'keys') ?? program.command('keys').description('keys: who may call the API, and what may send data in');
  keys
    .command('create')
    .description('make a key and print it, once')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--scopes <list>', 'comma-separated, such as segments:read,segments:write; * for everything')
    .option('--user <email>', "the colleague it is for: the key does what his role may, and shows an account manager his own people only")
    .action(async (options: { name: string; scopes?: string; user?: string }) => {
      const input = keyInput.safeParse({ name: options.name, scopes: options.scopes?.split(',').map((scope) => scope.trim()), user: options.user });
      if (!input.success) return fail(input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
      await withApp(boot, async (app) => {
        const made = await app.get(ApiKeysService, { strict: false }).create(input.data, 'operator');
        if (made.ok) console.log(made.value.key);
        else fail(made.error.kind === 'user_unknown' ? `There is no user ${options.user ?? ''}.` : `Not for this role: ${made.error.scopes.join(', ')}.`);
      });
    });

  const users = program.command('users').description('users: colleagues, their roles and regions');
  users
    .command('list')
    .description('who works here, with role and region')
    .action(async () => {
      await withApp(boot, async (app) => {
        for (const user of await app.get(UsersService, { strict: false }).list(0, 200)) console.log([user.email, user.role, user.region ?? '-', user.name].join('\t'));
      });
    });
  users
    .command('set <email>')
    .description('add a colleague, or change name, role and region')
    .option('--name <name>', 'as people know him')
    .option('--role <role>', ROLES.join(', '))
    .option('--region <region>', 'account managers see the accounts of their region')
    .action(async (email: string, options: { name?: string; role?: string; region?: string }) => {
      const input = userChange.safeParse({ ...options, email });
      if (!input.success) return fail(input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
      await withApp(boot, async (app) => {
        const user = await app.get(UsersService, { strict: false }).save(input.data, 'operator');
        console.log([user.email, user.role, user.region ?? '-', user.name].join('\t'));
      });
    });
}
