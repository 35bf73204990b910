import type { CapUsage } from '../../pressure/caps.js';

/** Turns names into numbers: of the batch's dictionary for storage, of the name itself for hashing. */
export interface NameNumbers {
  numberOf(name: string): number;
}

/** The names that the rows of a batch refer to by number. */
export class Dictionary implements NameNumbers {
  private readonly numbers: Map<string, number>;

  constructor(private readonly list: string[] = []) {
    this.numbers = new Map(list.map((name, index) => [name, index]));
  }

  get names(): readonly string[] {
    return this.list;
  }

  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.list.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

const NO_NAME = 0xffff;

/** One bit of a word of flags. */
export const bit = (value: boolean | undefined, place: number): number => (value === true ? 1 << place : 0);
/** What stands at a place of a word of flags. */
export const at = (value: number, place: number, mask = 1): number => (value >> place) & mask;
export const isSet = (value: number, place: number): boolean => at(value, place) === 1;
/** The place of a value in its list, by which it is stored: such lists only ever grow at the end. */
export const placeIn = <Value>(list: readonly Value[], value: Value): number => Math.max(0, list.indexOf(value));

/** Writes words of 16 bits, as a smallint[] holds them. */
export class Writer {
  readonly words: number[] = [];

  constructor(private readonly names: NameNumbers) {}

  word(value: number): this {
    this.words.push((value << 16) >> 16);
    return this;
  }

  long(value: number): this {
    return this.word(value >>> 16).word(value & 0xffff);
  }

  /** Only written where it is known; a flag tells. */
  optionalLong(value: number | null | undefined): this {
    return value == null ? this : this.long(value);
  }

  name(name: string | null | undefined): this {
    return this.word(name == null ? NO_NAME : this.names.numberOf(name));
  }

  usage(usage: CapUsage): this {
    const full = usage.freesInMinutes > 0;
    this.word((Math.min(usage.count, 0x7fff) << 1) | (full ? 1 : 0));
    return full ? this.word(usage.freesInMinutes) : this;
  }
}

export class Reader {
  private position = 0;

  constructor(
    private readonly words: readonly number[],
    private readonly names: readonly string[],
  ) {}

  signed(): number {
    return this.words[this.position++] ?? 0;
  }

  word(): number {
    return this.signed() & 0xffff;
  }

  long(): number {
    return this.word() * 0x1_0000 + this.word();
  }

  optionalLong(known: boolean): number | null {
    return known ? this.long() : null;
  }

  name(): string | null {
    const number = this.word();
    return number === NO_NAME ? null : (this.names[number] ?? null);
  }

  usage(): CapUsage {
    const word = this.word();
    return { count: word >> 1, freesInMinutes: (word & 1) === 1 ? this.word() : 0 };
  }
}
