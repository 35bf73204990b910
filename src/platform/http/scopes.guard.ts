import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type Principal } from './authenticator.js';
import { ProblemError } from './problem.js';
import { PUBLIC, SCOPES } from './scopes.js';

export type AuthenticatedRequest = FastifyRequest & { principal?: Principal };

/** Deny by default: a route is reached with every scope it names, or because it says that it is public. */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const principal = await this.authenticator.authenticate(request.headers.authorization);
    if (!principal) {
      throw new ProblemError({ status: 401, type: 'unauthenticated', title: 'An API key is needed.', detail: 'Send it as "Authorization: Bearer tk_…". The first key was printed at the first start; "tactful keys create" makes another.' });
    }
    const needed = this.reflector.getAllAndOverride<string[] | undefined>(SCOPES, targets) ?? [];
    const missing = needed.filter((scope) => !principal.scopes.includes(scope) && !principal.scopes.includes('*'));
    if (needed.length === 0 || missing.length > 0) {
      throw new ProblemError({ status: 403, type: 'forbidden', title: 'This key may not do that.', detail: missing.length > 0 ? `It lacks the scope ${missing.join(', ')}.` : 'This route is not open to API keys.' });
    }
    request.principal = principal;
    return true;
  }
}
