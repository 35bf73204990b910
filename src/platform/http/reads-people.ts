import { SetMetadata } from '@nestjs/common';

export const READS_PEOPLE = Symbol('reads people');

export interface PeopleRead {
  /** What was read, as the trail calls it: 'segment', 'contacts'. */
  readonly of: string;
  /** The parameters of the path that say which. */
  readonly by: readonly string[];
  /** Where in the answer the people stand. */
  readonly at: string;
}

/** Reading this route shows several people at once: the trail says who read how many, of what. A test finds routes that show people and do not say so. */
export const ReadsPeople = (of: string, by: readonly string[] = [], at = 'items') => SetMetadata(READS_PEOPLE, { of, by, at } satisfies PeopleRead);
