import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Limits } from '../../core/shared/reach.js';
import { Authenticator, mayUse, type Principal, reachOf } from './authenticator.js';
import { notFound, ProblemError } from './problem.js';
import { PUBLIC, REACH, type ReachRule, SCOPES } from './scopes.js';

export type AuthenticatedRequest = FastifyRequest & { principal?: Principal };

/** Deny by default: a route is reached with every scope it names, or because it says that it is public; by an account manager only if it says how it limits him. */
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
    const missing = needed.filter((scope) => !mayUse(principal, scope));
    if (needed.length === 0 || missing.length > 0) throw forbidden(missing.length > 0 ? `It lacks the scope ${missing.join(', ')}.` : 'This route is not open to API keys.');
    const limits = reachOf(principal);
    if (limits) await this.limit(limits, this.reflector.getAllAndOverride<ReachRule | undefined>(REACH, targets), request);
    request.principal = principal;
    return true;
  }

  /** Somebody outside his reach looks to an account manager like somebody who does not exist. */
  private async limit(limits: Limits, rule: ReachRule | undefined, request: FastifyRequest): Promise<void> {
    if (rule === undefined) throw forbidden('An account manager sees the people of his own accounts and region only, and this route shows or changes those of everybody.');
    if (typeof rule === 'string') return;
    const [what, parameter] = 'contact' in rule ? (['contact', rule.contact] as const) : (['account', rule.account] as const);
    const given = (request.params as Record<string, string | undefined>)[parameter] ?? '';
    if (!/^\d{1,15}$/.test(given) || !(await this.authenticator.reaches(limits, what, Number(given)))) throw notFound(what, given.slice(0, 40));
  }
}

function forbidden(detail: string): ProblemError {
  return new ProblemError({ status: 403, type: 'forbidden', title: 'This key may not do that.', detail });
}
