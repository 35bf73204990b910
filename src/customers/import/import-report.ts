import type { ImportKind } from './import-fields.js';

/** What became of the rows: rows = inserted + updated + unchanged + rejected + duplicates + skipped. */
export interface ImportCounts {
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Rows that a later row of the same file supersedes: the last one counts. */
  readonly duplicates: number;
  /** Rows that the map leaves out on purpose. */
  readonly skipped: number;
}

/** A row that was taken, with something to look at. Without a line it is about the file. */
export interface ImportWarning {
  readonly line?: number;
  readonly message: string;
}

export interface ImportReport extends ImportCounts {
  readonly importId: number;
  readonly kind: ImportKind;
  readonly file: string;
  readonly dryRun: boolean;
  readonly encoding: string;
  readonly delimiter: string;
  /** The list everybody of the file is in now, and how many came into it by this import; null when none was named. */
  readonly list: { readonly key: string; readonly added: number } | null;
  readonly warnings: readonly ImportWarning[];
  /** Where the rejected rows stand, each with its line and reason; null when there are none. */
  readonly rejectedFile: string | null;
  readonly firstRejected: readonly { readonly line: number; readonly reason: string }[];
  /** Attributes or events seen for the first time, usable for the purposes of this import. */
  readonly defined: readonly string[];
  readonly seconds: number;
}

export interface ImportProgress {
  readonly phase: 'reading' | 'storing';
  /** Share of the phase that is done, 0–1. */
  readonly done: number;
  readonly rows: number;
  readonly seconds: number;
}

/** Why an import did not begin; nothing was changed. */
export type ImportProblem =
  | { readonly kind: 'map_invalid'; readonly problems: readonly { readonly path: string; readonly message: string }[]; readonly columns?: readonly string[] }
  | { readonly kind: 'file_unreadable'; readonly detail: string }
  | { readonly kind: 'purpose_unknown'; readonly unknown: readonly string[]; readonly existing: readonly string[] };

export const MOST_WARNINGS = 200;

/** Gathers warnings without growing past what somebody reads. */
export class Warnings {
  private readonly kept: ImportWarning[] = [];
  private more = 0;

  add(warnings: readonly ImportWarning[]): void {
    for (const warning of warnings) {
      if (this.kept.length < MOST_WARNINGS) this.kept.push(warning);
      else this.more += 1;
    }
  }

  list(): ImportWarning[] {
    return this.more === 0 ? this.kept : [...this.kept, { message: `and ${this.more} more` }];
  }
}
