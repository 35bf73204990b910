/** What an import says about itself: who collected this, when, under which notice, for what. */
export interface Provenance {
  readonly importId: number;
  readonly source: string;
  readonly sourceAt: Date;
  readonly noticeVersion: string | null;
  readonly purposes: readonly string[];
  readonly now: Date;
}
