/** Collects values; what it gives back is all of them that reaches the text of a statement. */
export class Parameters {
  readonly values: unknown[] = [];

  /** The same value of the same type takes one place, however often a rule says it. */
  add(value: unknown, type: string): string {
    const same = this.values.findIndex((other, index) => other === value && this.types[index] === type);
    if (same >= 0) return `$${same + 1}::${type}`;
    this.values.push(value);
    this.types.push(type);
    return `$${this.values.length}::${type}`;
  }

  private readonly types: string[] = [];
}
