import type { INestApplicationContext } from '@nestjs/common';
import { Command } from 'commander';
import type { TestApp } from './app.js';

type Register = (program: Command, boot: () => Promise<INestApplicationContext>) => void;

/** Runs `tactful …` on the test's own application; the command must not close it for the others. */
export function commandLine(app: Pick<TestApp, 'get'>, register: Register): (...words: string[]) => Promise<{ out: string; err: string; code: typeof process.exitCode }> {
  return async (...words) => {
    const lines = { out: [] as string[], err: [] as string[] };
    const spies = [jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.out.push(line)), jest.spyOn(console, 'error').mockImplementation((line: string) => void lines.err.push(line))];
    const program = new Command().exitOverride();
    register(program, () => Promise.resolve({ get: app.get, close: () => Promise.resolve() } as unknown as INestApplicationContext));
    try {
      await program.parseAsync(['node', 'tactful', ...words]);
      return { out: lines.out.join('\n'), err: lines.err.join('\n'), code: process.exitCode };
    } finally {
      spies.forEach((spy) => spy.mockRestore());
      process.exitCode = undefined;
    }
  };
}
