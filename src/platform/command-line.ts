import type { INestApplicationContext } from '@nestjs/common';

/** Starts the application for one command: no server, no workers. */
export type Boot = () => Promise<INestApplicationContext>;

export async function withApp(boot: Boot, work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const app = await boot();
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

/** Says what is wrong, and lets the command end with 1. */
export function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
