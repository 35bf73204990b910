import { err, ok, type Result } from '../../core/shared/result.js';

const LANGUAGES = ['en', 'nl', 'de', 'fr'];

/** Names in daily use that the display names of CLDR lack. "Korea" is left out: it names two countries. */
const ALSO: Record<string, string> = {
  usa: 'US', us: 'US', 'united states of america': 'US', vs: 'US', 'verenigde staten van amerika': 'US',
  uk: 'GB', 'great britain': 'GB', 'groot-brittannie': 'GB', england: 'GB', engeland: 'GB', scotland: 'GB', wales: 'GB',
  holland: 'NL', 'the netherlands': 'NL', 'czech republic': 'CZ', tsjechie: 'CZ', turkey: 'TR', uae: 'AE', 'hong kong': 'HK', macau: 'MO',
  'ivory coast': 'CI', burma: 'MM', 'republic of ireland': 'IE', eire: 'IE', belgique: 'BE', 'south korea': 'KR', 'north korea': 'KP', russia: 'RU', vietnam: 'VN',
};

/** Codes that CLDR names but that are not countries of ISO 3166-1. */
const NOT_ISO = new Set(['EU', 'EZ', 'UN', 'XA', 'XB', 'QO', 'ZZ', 'XK']);

let names: ReadonlyMap<string, string> | undefined;
let codes: ReadonlySet<string>;

function key(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** Every country's name in four languages, read the other way round; built once, at first use. */
function byName(): ReadonlyMap<string, string> {
  if (names) return names;
  const built = new Map<string, string>();
  const found = new Set<string>();
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const first of letters) {
      for (const second of letters) {
        const code = first + second;
        const name = NOT_ISO.has(code) ? undefined : display.of(code);
        // A retired code (DD, SU, UK …) is shown under the name of the code that followed it: keep only the real one.
        if (name === undefined || new Intl.Locale(`und-${code}`).region !== code) continue;
        if (!built.has(key(name))) built.set(key(name), code);
        found.add(code);
      }
    }
  }
  for (const [name, code] of Object.entries(ALSO)) built.set(key(name), code);
  codes = found;
  names = built;
  return built;
}

/** ISO 3166-1 alpha-2 from a code or from a name in English, Dutch, German or French. */
export function readCountry(text: string): Result<string, string> {
  const known = byName();
  const upper = text.toUpperCase();
  if (upper.length === 2 && codes.has(upper)) return ok(upper);
  const code = known.get(key(text));
  return code === undefined ? err('is not a country: use its name or its two-letter code, such as NL (the map of an import can mend it with "replace")') : ok(code);
}
