import { SetMetadata } from '@nestjs/common';

export const SCOPES = Symbol('scopes');
export const PUBLIC = Symbol('public');

/** What a key must be allowed to do to call this route, e.g. 'segments:read'. A key with '*' may do everything. */
export const Scopes = (...scopes: string[]) => SetMetadata(SCOPES, scopes);

/** Open to everybody: health, and pages whose token in the path is the credential. Any other route without scopes answers 403. */
export const Public = () => SetMetadata(PUBLIC, true);
