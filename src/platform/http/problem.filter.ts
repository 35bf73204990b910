import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, ProblemError } from './problem.js';

const UNAVAILABLE = new Set(['57P01', '57P02', '57P03', '08006', '08003', '08001', 'ECONNREFUSED', 'ECONNRESET']);

/** PostgreSQL's texts and JSON hold no NUL: whatever field it came in, the statement was refused whole. */
const UNSTORABLE = new Set(['22021', '22P05']);

/** Turns everything thrown into an RFC 9457 problem response. What is unexpected is logged and told without its inner text. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    const problem = this.problemOf(error, request);
    if (reply.sent) return;
    void reply
      .status(problem.status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify({ ...problem, type: `urn:tactful:problem:${problem.type}` }));
  }

  private problemOf(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof ProblemError) return error.problem;
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    if (error instanceof HttpException) {
      const status = error.getStatus();
      // Nest makes this of Fastify's error and drops its code.
      if (error.message.startsWith('Body is not valid JSON')) {
        return { status, type: 'invalid-json', title: 'The body is not JSON that can be read.', detail: 'It is malformed, or holds a key that would reach an object\'s prototype, such as "__proto__".' };
      }
      return status === 404
        ? { status, type: 'not-found', title: 'There is nothing at this address.', detail: `${request.method} is not answered here. /docs lists what is.` }
        : { status, type: 'request-refused', title: error.message };
    }
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
      return { status: statusCode, type: 'request-refused', title: (error as Error).message };
    }
    if (code !== undefined && UNAVAILABLE.has(code)) {
      this.logger.error({ code }, 'database unavailable');
      return { status: 503, type: 'database-unavailable', title: 'The database does not answer. Nothing was changed; try again in a moment.' };
    }
    if (code !== undefined && UNSTORABLE.has(code)) {
      return { status: 422, type: 'text-unusable', title: 'A text holds a character that no text here can hold, such as NUL. Nothing was changed.' };
    }
    this.logger.error(error);
    return { status: 500, type: 'internal-error', title: 'Something went wrong on our side. Nothing is known to be lost; the log has the details.' };
  }
}
