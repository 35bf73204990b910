import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/**
 * Takes a request that says it sends JSON and sends nothing as one without a body: many clients set the header on every POST. Fastify
 * itself refuses it. Where a body is needed, parse says so. Everything else is read as Fastify reads it, prototype keys refused.
 */
export function takeEmptyBodies(app: NestFastifyApplication, bodyLimit: number): void {
  const readJson = app.getHttpAdapter().getInstance().getDefaultJsonParser('error', 'error');
  app.useBodyParser('application/json', { bodyLimit }, (request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => {
    if (body.length === 0) done(null, undefined);
    else void readJson(request, body.toString('utf8'), done);
  });
}
