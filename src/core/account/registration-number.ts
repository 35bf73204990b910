/** A number under which an authority knows a company: value added tax, or the register of companies (the Dutch KvK number, HRB, SIREN, …). */
export interface RegistrationNumber {
  readonly kind: 'vat' | 'coc';
  /** Letters and digits only, upper case. */
  readonly value: string;
}

const FEWEST_DIGITS = 5;

/** A number as people type it ("NL 8123.45.678.B01", "KvK 12345678"); undefined when it is none: too short, or a filler such as 00000000. */
export function readRegistrationNumber(kind: RegistrationNumber['kind'], text: string): RegistrationNumber | undefined {
  const value = text.normalize('NFKC').toUpperCase().replace(/^\s*(?:BTW|VAT|UST-?ID(?:NR)?|TVA|KVK|KBO|COC|CHAMBER OF COMMERCE)(?:[\s-]*(?:NUMMER|NUMBER|NR|NO))?[\s.:#-]*/u, '').replace(/[^0-9A-Z]/g, '');
  const digits = value.replace(/\D/g, '');
  if (digits.length < FEWEST_DIGITS || value.length > 20 || new Set(digits).size === 1) return undefined;
  return { kind, value };
}

export function sameNumber(one: RegistrationNumber, other: RegistrationNumber): boolean {
  return one.kind === other.kind && one.value === other.value;
}
