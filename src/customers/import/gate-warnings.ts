import type { ImportWarning } from './import-report.js';
import type { ImportMap } from './map-file.js';

/**
 * What the gate will refuse later is told while the file is still at hand: that people come without a notice version (GDPR art. 13/14)
 * denies each of their mails, `input.provenance_missing`; without a country they are held to the strictest profile.
 */
export function gateWarnings(map: ImportMap, noticeVersion: string | undefined): ImportWarning[] {
  if (map.kind !== 'contacts') return [];
  const warnings: ImportWarning[] = [];
  if (noticeVersion === undefined) {
    warnings.push({ message: 'no notice version is given (--notice, or the field noticeVersion): people who are new here will get no marketing mail, each one is denied with input.provenance_missing' });
  }
  if (!Object.hasOwn(map.fields, 'country')) {
    warnings.push({ message: 'the map names no country: whose country is not known otherwise is held to the strictest profile (opt-in, confirmed); map a column, or give it as { "const": "NL" }' });
  }
  return warnings;
}

/** For a map that names a country where some rows have none. */
export function countryWarning(rows: number): ImportWarning[] {
  if (rows === 0) return [];
  return [{ message: `${rows} ${rows === 1 ? 'row has' : 'rows have'} no country: whose country is not known otherwise is held to the strictest profile (opt-in, confirmed)` }];
}
