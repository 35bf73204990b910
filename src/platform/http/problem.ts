/** One thing that is wrong with the input: where, and what to do about it. */
export interface ProblemDetail {
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  readonly status: number;
  /** A short code in kebab-case, e.g. 'segment-in-use'. */
  readonly type: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly errors?: readonly ProblemDetail[] | undefined;
}

/** Carries an RFC 9457 problem from a controller to the problem filter. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}

export function notFound(what: string, key: string | number): ProblemError {
  return new ProblemError({ status: 404, type: 'not-found', title: `There is no ${what} "${key}".` });
}
