import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Reach } from '../../core/shared/reach.js';
import { mayUse, reachOf } from './authenticator.js';
import type { AuthenticatedRequest } from './scopes.guard.js';

/** Who calls, for audit entries: the API key's name. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return principal ? `key:${principal.name}` : 'anonymous';
});

/** Whose people the caller may see; undefined: everybody's. For routes that say `@Reaches('limits itself')`. */
export const CallerReach = createParamDecorator((_: unknown, context: ExecutionContext): Reach => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return principal && reachOf(principal);
});

/** The colleague the caller's key is bound to; undefined for keys of machines. */
export const CallerUser = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().principal?.user?.id;
});

/** Whether the caller may use a scope beyond those the route asks of everybody. */
export const CallerMay = createParamDecorator((scope: string, context: ExecutionContext): boolean => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return principal !== undefined && mayUse(principal, scope);
});
