import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'iso-8859-1' | 'iso-8859-15';

interface Decoder {
  write(bytes: Buffer): string;
  end(): string;
}

/**
 * Bytes to text, piece by piece. Without a given encoding: the byte-order mark decides, else zero bytes tell UTF-16, else
 * the first bytes that are not ASCII: UTF-8 when most of them form UTF-8 sequences (one broken character in a UTF-8
 * file must not turn all of it into "Ã©"), otherwise windows-1252, which is what Excel writes in Western Europe.
 */
export class TextDecoding {
  private decoder: Decoder | undefined;
  private held: Buffer = Buffer.alloc(0);
  private atStart = true;
  private known: Encoding | undefined;

  constructor(private readonly given?: Encoding) {}

  /** What the text turned out to be written in; 'utf-8' for pure ASCII. */
  get encoding(): Encoding {
    return this.known ?? 'utf-8';
  }

  write(bytes: Buffer): string {
    let piece = this.held.length > 0 ? Buffer.concat([this.held, bytes]) : bytes;
    this.held = Buffer.alloc(0);
    if (this.atStart) {
      if (piece.length < 4) return this.hold(piece);
      piece = this.begin(piece);
    }
    if (this.decoder) return this.decoder.write(piece);
    return isAscii(piece) ? piece.toString('latin1') : this.judge(piece, false);
  }

  end(): string {
    const piece = this.held;
    this.held = Buffer.alloc(0);
    if (piece.length === 0) return this.decoder?.end() ?? '';
    const rest = this.atStart ? this.begin(piece) : piece;
    const text = this.decoder ? this.decoder.write(rest) : this.judge(rest, true);
    return text + (this.decoder?.end() ?? '');
  }

  private hold(piece: Buffer): string {
    this.held = piece;
    return '';
  }

  private begin(piece: Buffer): Buffer {
    this.atStart = false;
    const marked = byteOrderMark(piece);
    const encoding = marked?.encoding ?? this.given ?? utf16WithoutMark(piece);
    if (encoding) this.use(encoding);
    return marked ? piece.subarray(marked.length) : piece;
  }

  private judge(piece: Buffer, last: boolean): string {
    const open = last ? 0 : incompleteTail(piece);
    const whole = piece.subarray(0, piece.length - open);
    if (isAscii(whole)) {
      // Only a begun character is not ASCII: wait for its rest before judging.
      if (!last) this.held = piece.subarray(piece.length - open);
      return whole.toString('latin1');
    }
    this.use(isUtf8(whole) || mostlyUtf8(whole) ? 'utf-8' : 'windows-1252');
    return this.decoder?.write(piece) ?? '';
  }

  private use(encoding: Encoding): void {
    this.known = encoding;
    this.decoder = encoding === 'utf-8' ? new Utf8Decoder() : fromIconv(encoding);
  }
}

class Utf8Decoder implements Decoder {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private begun = false;

  write(bytes: Buffer): string {
    // Much of a file is ASCII; a one-byte string is half the memory and splits faster.
    if (!this.begun && isAscii(bytes)) return bytes.toString('latin1');
    this.begun = incompleteTail(bytes) > 0;
    return this.decoder.decode(bytes, { stream: true });
  }

  end(): string {
    return this.decoder.decode();
  }
}

function fromIconv(encoding: Encoding): Decoder {
  const decoder = iconv.getDecoder(encoding, { stripBOM: true });
  return { write: (bytes) => decoder.write(bytes), end: () => decoder.end() ?? '' };
}

function byteOrderMark(piece: Buffer): { encoding: Encoding; length: number } | undefined {
  if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (piece[0] === 0xff && piece[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (piece[0] === 0xfe && piece[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

/** Western text in UTF-16 has a zero in every second byte. */
function utf16WithoutMark(piece: Buffer): Encoding | undefined {
  const zeros = [0, 0];
  const looked = Math.min(piece.length, 4_096) & ~1;
  for (let index = 0; index < looked; index += 1) if (piece[index] === 0) zeros[index & 1] = (zeros[index & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > looked / 5 && even < odd / 4) return 'utf-16le';
  return even > looked / 5 && odd < even / 4 ? 'utf-16be' : undefined;
}

/** How many bytes at the end begin a UTF-8 character that is not complete. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

function sequenceLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 1;
}

function mostlyUtf8(bytes: Buffer): boolean {
  let sequences = 0;
  let strays = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x80) continue;
    const length = sequenceLength(byte);
    let complete = length > 1;
    for (let next = 1; next < length; next += 1) complete &&= ((bytes[index + next] ?? 0) & 0xc0) === 0x80;
    if (complete) {
      sequences += 1;
      index += length - 1;
    } else strays += 1;
  }
  return sequences > strays;
}
