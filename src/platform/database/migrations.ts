import { Foundation0001 } from '../../../migrations/0001-foundation.js';

/** In the order in which they are applied. A landed migration is never edited. */
export const MIGRATIONS = [Foundation0001];
