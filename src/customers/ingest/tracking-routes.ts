import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { createGunzip } from 'node:zlib';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { assertNever } from '../../core/shared/assert-never.js';
import { type CallType, MOST_EVENT_BYTES } from './tracking-call.js';
import { PROBLEM_KINDS } from './tracking-problem.js';
import { MOST_BATCH_BYTES, type PlacedProblem, type TrackingRefusal, TrackingService } from './tracking.service.js';

/** The paths of the spec, and the short ones that Segment's browser client uses. */
const PATHS: Readonly<Record<string, CallType | 'batch'>> = {
  identify: 'identify', i: 'identify', track: 'track', t: 'track', page: 'page', p: 'page', screen: 'screen', s: 'screen', group: 'group', g: 'group', alias: 'alias', a: 'alias',
  batch: 'batch', b: 'batch', import: 'batch',
};
const MOST_NAMED = 100;
const SUCCESS = '{"success":true}';

/**
 * The tracking API, straight on Fastify: its bodies come as text/plain too (browsers spare themselves a preflight), are measured before they are read, and
 * a key such as __proto__ in one message must not cost the batch. Who may call is decided in TrackingService, by write key: nothing here is open.
 */
@Injectable()
export class TrackingRoutes implements OnModuleInit {
  private readonly logger = new Logger('tracking');

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracking: TrackingService,
  ) {}

  onModuleInit(): void {
    const instance = (this.host.httpAdapter as { getInstance?: () => FastifyInstance | undefined } | undefined)?.getInstance?.();
    if (typeof instance?.register !== 'function') return; // a process without HTTP
    void instance.register((scope, _options, done) => {
      this.addTo(scope);
      done();
    });
  }

  private addTo(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    scope.addHook('preParsing', (request, reply, payload, done) => unpack(request.headers['content-encoding'], payload, reply, done));
    scope.setErrorHandler((error: FastifyError, request, reply) => this.failed(error, request, reply));
    for (const [path, type] of Object.entries(PATHS)) {
      const url = `/v1/${path}`;
      scope.options(url, (_request, reply) => {
        void allowBrowsers(reply).header('access-control-allow-methods', 'POST').header('access-control-allow-headers', 'authorization, content-type, content-encoding').header('access-control-max-age', '86400').status(204).send();
      });
      scope.post(url, { bodyLimit: type === 'batch' ? MOST_BATCH_BYTES : MOST_EVENT_BYTES }, (request, reply) => this.take(type, request, reply));
    }
  }

  private async take(type: CallType | 'batch', request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const answer = await this.tracking.take({
      type,
      text: typeof request.body === 'string' ? request.body : '',
      authorization: request.headers.authorization,
      ip: request.ip,
      userAgent: request.headers['user-agent'],
      origin: request.headers.origin,
    });
    if (!answer.ok) return refuse(reply, answer.error);
    const { rejected, warnings } = answer.value;
    void allowBrowsers(reply).header('content-type', 'application/json; charset=utf-8');
    await reply.send(rejected.length + warnings.length === 0 ? SUCCESS : JSON.stringify({ success: true, ...named('rejected', rejected), ...named('warnings', warnings) }));
  }

  private async failed(error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return refuse(reply, await this.tracking.tooLarge(request.headers.authorization));
    if (error.statusCode === 415) return refuse(reply, { kind: 'unusable', problem: { kind: 'encoding_unknown' } });
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse(reply, { kind: 'unusable', problem: { kind: 'body_unreadable' } });
    this.logger.error(error);
    await send(reply, 503, 'not-stored', 'This was not stored. Send it again in a moment: what was stored meanwhile is not stored twice.', { 'retry-after': '1' });
  }
}

/**
 * A packed body is unpacked as it is read: Fastify stops at the route's limit, which counts what comes out, so that a small body cannot grow into a large one.
 */
function unpack(encoding: string | undefined, payload: RequestPayload, reply: FastifyReply, done: (error: Error | null, payload?: RequestPayload) => void): void {
  const packing = encoding?.toLowerCase();
  if (packing === undefined || packing === 'identity') return done(null, payload);
  if (packing !== 'gzip' && packing !== 'x-gzip') return done(Object.assign(new Error(`The encoding ${packing} is not known.`), { statusCode: 415 }));
  const unpacked = createGunzip();
  // What Fastify compares with Content-Length.
  Object.defineProperty(unpacked, 'receivedEncodedLength', { get: () => unpacked.bytesWritten });
  payload.on('error', (error) => unpacked.destroy(error));
  reply.raw.once('close', () => unpacked.destroy());
  done(null, payload.pipe(unpacked));
}

async function refuse(reply: FastifyReply, refusal: TrackingRefusal): Promise<void> {
  switch (refusal.kind) {
    case 'unauthenticated':
      return send(reply, 401, 'write-key-needed', 'A write key is needed: as user name of Basic authentication, or as "writeKey" in the body. An API key is not one.', { 'www-authenticate': 'Basic realm="write key"' });
    case 'rate':
      return send(reply, 429, 'too-many-events', 'This key sends more than it may. Send it again later.', { 'retry-after': String(refusal.retryAfterSeconds) });
    case 'origin':
      return send(reply, 403, 'origin-refused', 'This write key may not be used from this page.', {});
    case 'overloaded':
      return send(reply, 503, 'busy', 'More comes in than can be stored at this moment. Send it again in a moment.', { 'retry-after': '1' });
    case 'unusable':
      return send(reply, 400, refusal.problem.kind.replaceAll('_', '-'), PROBLEM_KINDS[refusal.problem.kind].en, {}, refusal.problem.path);
    default:
      return assertNever(refusal);
  }
}

/** An RFC 9457 problem that is also what clients of the spec look for. */
async function send(reply: FastifyReply, status: number, type: string, title: string, headers: Record<string, string>, path?: string): Promise<void> {
  await allowBrowsers(reply)
    .status(status)
    .headers({ ...headers, 'content-type': 'application/problem+json' })
    .send(JSON.stringify({ success: false, status, type: `urn:tactful:problem:${type}`, title, ...(path !== undefined && { errors: [{ path, message: title }] }) }));
}

/** Any page may send: the write key is the credential, and no cookie is read. */
function allowBrowsers(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*');
}

/** What was refused or dropped; the rest of a long list is in /api/v1/tracking/problems. */
function named(name: string, problems: readonly PlacedProblem[]): Record<string, unknown> {
  if (problems.length === 0) return {};
  return { [name]: problems.slice(0, MOST_NAMED).map(({ index, kind, path }) => ({ index, kind, ...(path !== undefined && { path }), message: PROBLEM_KINDS[kind].en })) };
}
