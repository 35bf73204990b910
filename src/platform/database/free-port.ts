import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const LOWEST = 20_000;
/** From here on Linux gives ports to outgoing connections; others begin later. */
const FIRST_OUTGOING = 32_768;
const TRIES = 50;

/**
 * A port that nobody listens on, and that no outgoing connection is given: where a server is down for a moment, a client that looks for it at a
 * port of that range may be given the same one, is then connected to itself, and the server cannot come back.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, FIRST_OUTGOING);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${LOWEST} and ${FIRST_OUTGOING}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
