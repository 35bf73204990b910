/** Rows that come ordered by bucket, read a page at a time. */
export class BucketStream<Row extends { readonly bucket: number }> {
  private page: Row[] = [];
  private position = 0;
  private ended = false;

  constructor(private readonly fetch: (count: number) => Promise<Row[]>, private readonly pageSize = 2_000) {}

  /** The rows of the next bucket up to and including `bucket`, in order. */
  async takeThrough(bucket: number): Promise<Row[]> {
    const taken: Row[] = [];
    for (;;) {
      for (let row = this.page[this.position]; row && row.bucket <= bucket; row = this.page[this.position]) {
        taken.push(row);
        this.position += 1;
      }
      if (this.position < this.page.length || this.ended) return taken;
      this.page = await this.fetch(this.pageSize);
      this.position = 0;
      this.ended = this.page.length < this.pageSize;
    }
  }
}
