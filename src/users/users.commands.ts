import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { keyInput } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';

export function registerUsersCommands(program: Command, boot: () => Promise<INestApplicationContext>): void {
  const keys = program.commands.find((command) => command.name() === 'keys') ?? program.command('keys').description('keys: who may call the API, and what may send data in');
  keys
    .command('create')
    .description('make a key and print it, once')
    .requiredOption('--name <name>', 'what the key is for')
    .requiredOption('--scopes <list>', 'comma-separated, such as segments:read,segments:write; * for everything')
    .action(async (options: { name: string; scopes: string }) => {
      const input = keyInput.safeParse({ name: options.name, scopes: options.scopes.split(',').map((scope) => scope.trim()) });
      if (!input.success) {
        console.error(input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
        process.exitCode = 1;
        return;
      }
      const app = await boot();
      try {
        const made = await app.get(ApiKeysService, { strict: false }).create(input.data, 'operator');
        if (made.ok) console.log(made.value.key);
      } finally {
        await app.close();
      }
    });
}
