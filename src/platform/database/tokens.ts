/** Injection token of the connection string in use (given or embedded), for what keeps connections of its own: the queue. */
export const DATABASE_URL = Symbol('DATABASE_URL');
