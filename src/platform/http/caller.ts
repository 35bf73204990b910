import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from './scopes.guard.js';

/** Who calls, for audit entries: the API key's name. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return principal ? `key:${principal.name}` : 'anonymous';
});
