import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Observable, tap } from 'rxjs';
import { READS_PEOPLE, type PeopleRead } from '../platform/http/reads-people.js';
import type { AuthenticatedRequest } from '../platform/http/scopes.guard.js';
import { ReadTrailService } from './read-trail.service.js';

/** Not filters: they say which page. */
const PAGING = ['limit', 'cursor'];

/** Notes what routes show that say `@ReadsPeople`, once they answered. */
@Injectable()
export class ReadTrailInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly reads: ReadTrailService,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const rule = this.reflector.get<PeopleRead | undefined>(READS_PEOPLE, context.getHandler());
    return rule ? next.handle().pipe(tap((answer) => this.note(rule, context.switchToHttp().getRequest<AuthenticatedRequest>(), answer))) : next.handle();
  }

  private note({ of, by, at }: PeopleRead, { params, query, principal }: AuthenticatedRequest, answer: unknown): void {
    const which = by.map((name) => (params as Record<string, string>)[name] ?? '').join('/');
    const shown = (answer as Record<string, unknown> | undefined)?.[at];
    const asked = Object.keys((query ?? {})).filter((name) => !PAGING.includes(name));
    this.reads.note(`key:${principal?.name ?? ''}`, of, which === '' ? undefined : which, Array.isArray(shown) ? shown.length : 0, asked);
  }
}
