import Holidays from 'date-holidays';
import { IANAZone } from 'luxon';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Longest search for an hour that suits all zones of a country. */
const SEARCH_DAYS = 21;

/** When mail may arrive, in the receiver's own time. */
export interface OpenHours {
  /** 'HH:MM', included. */
  readonly from: string;
  /** 'HH:MM', excluded; '24:00' is the end of the day. */
  readonly to: string;
  /** ISO weekdays without mail: 1 Monday … 7 Sunday. */
  readonly closedWeekdays: readonly number[];
  readonly publicHolidays: boolean;
}

export type Closure = 'hours' | 'weekday' | 'holiday';

/** What holds around a moment: from (included) to (excluded) in milliseconds. */
export interface Opening {
  readonly from: number;
  readonly to: number;
  readonly closure: Closure | undefined;
  /** While open: since when. While closed: when it opens next; undefined when that is not within three weeks. */
  readonly opensAt: number | undefined;
}

const validZones = new Map<string, boolean>();

export function isTimeZone(name: string): boolean {
  let valid = validZones.get(name);
  if (valid === undefined) {
    valid = IANAZone.isValidZone(name);
    if (validZones.size > 5_000) validZones.clear(); // names come from customer data: a cache must not grow with it
    validZones.set(name, valid);
  }
  return valid;
}

const zonesOfCountry = new Map<string, readonly string[]>();

/** All time zones of a country (ISO 3166-1 alpha-2); none for a country that is not known. */
export function countryTimeZones(country: string): readonly string[] {
  let zones = zonesOfCountry.get(country);
  if (!zones) {
    zones = /^[A-Z]{2}$/.test(country) ? new Holidays(country).getTimezones().filter(isTimeZone) : [];
    if (zonesOfCountry.size > 1_000) zonesOfCountry.clear();
    zonesOfCountry.set(country, zones);
  }
  return zones;
}

const holidaysOfYear = new Map<string, ReadonlySet<string>>();

/** Whether a local date ('YYYY-MM-DD') is a public holiday of the country. */
export function isPublicHoliday(country: string, date: string): boolean {
  const key = `${country} ${date.slice(0, 4)}`;
  let days = holidaysOfYear.get(key);
  if (!days) {
    days = publicHolidays(country, Number(date.slice(0, 4)));
    if (holidaysOfYear.size > 1_000) holidaysOfYear.clear();
    holidaysOfYear.set(key, days);
  }
  return days.has(date);
}

function publicHolidays(country: string, year: number): ReadonlySet<string> {
  const days = new Set<string>();
  if (!/^[A-Z]{2}$/.test(country)) return days;
  for (const holiday of new Holidays(country).getHolidays(year)) {
    if (holiday.type !== 'public') continue;
    const first = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`);
    const length = Math.max(1, Math.round((holiday.end.getTime() - holiday.start.getTime()) / DAY));
    for (let day = 0; day < length; day += 1) days.add(isoDate(first / DAY + day));
  }
  return days;
}

/** Two stretches a day, for the two weeks within which caps free: a batch asks 500 times about few moments. */
const KEPT = 32;

/**
 * The open hours that several zones have in common (mostly one zone), with the stretches found last kept at hand:
 * asking the zone's rules takes 100 µs for one zone and milliseconds for a wide country, finding a kept stretch 0.1 µs.
 */
export class OpeningTimes {
  private readonly zones: readonly ZoneHours[];
  private readonly kept: Opening[] = [];
  private oldest = 0;

  constructor(zones: readonly string[], country: string | undefined, hours: OpenHours) {
    this.zones = zones.map((zone) => new ZoneHours(zone, country, hours));
  }

  at(moment: number): Opening {
    for (const opening of this.kept) if (opening.from <= moment && moment < opening.to) return opening;
    const opening = this.common(moment);
    this.kept[this.oldest] = opening;
    this.oldest = (this.oldest + 1) % KEPT;
    return opening;
  }

  /** First open moment from this one on; undefined when there is none within three weeks. */
  nextOpen(moment: number): number | undefined {
    const opening = this.at(moment);
    return opening.closure === undefined ? moment : opening.opensAt;
  }

  private common(moment: number): Opening {
    const each = this.zones.map((zone) => zone.at(moment));
    const from = Math.max(...each.map((opening) => opening.from));
    const to = Math.min(...each.map((opening) => opening.to));
    const closed = each.find((opening) => opening.closure !== undefined);
    if (!closed) return { from, to, closure: undefined, opensAt: from };
    return { from, to, closure: closed.closure, opensAt: this.firstCommon(moment) };
  }

  private firstCommon(moment: number): number | undefined {
    let candidate = moment;
    const end = moment + SEARCH_DAYS * DAY;
    while (candidate < end) {
      const from = candidate;
      const latest = Math.max(...this.zones.map((zone) => zone.nextOpen(from) ?? Infinity));
      if (latest === candidate) return candidate;
      candidate = latest;
    }
    return undefined;
  }
}

/** The open hours of one zone. Local days are numbered from 1970-01-01. */
class ZoneHours {
  private readonly zone: IANAZone;
  private readonly fromMinute: number;
  private readonly toMinute: number;

  constructor(zone: string, private readonly country: string | undefined, private readonly hours: OpenHours) {
    this.zone = IANAZone.create(zone);
    this.fromMinute = minuteOfDay(hours.from);
    this.toMinute = minuteOfDay(hours.to);
  }

  at(moment: number): Opening {
    const day = Math.floor((moment + this.zone.offset(moment) * MINUTE) / DAY);
    const closure = this.closureOf(day);
    const dayStart = this.instant(day, 0, 'first');
    const nextDay = this.instant(day + 1, 0, 'first');
    if (closure !== undefined) return { from: dayStart, to: nextDay, closure, opensAt: this.firstOpenFrom(day + 1) };
    const start = this.start(day);
    const end = this.end(day);
    if (moment < start) return { from: dayStart, to: start, closure: 'hours', opensAt: start };
    if (moment < end) return { from: start, to: end, closure: undefined, opensAt: start };
    return { from: end, to: nextDay, closure: 'hours', opensAt: this.firstOpenFrom(day + 1) };
  }

  nextOpen(moment: number): number | undefined {
    const opening = this.at(moment);
    return opening.closure === undefined ? moment : opening.opensAt;
  }

  private firstOpenFrom(first: number): number | undefined {
    for (let day = first; day < first + SEARCH_DAYS; day += 1) {
      if (this.closureOf(day) === undefined && this.start(day) < this.end(day)) return this.start(day);
    }
    return undefined;
  }

  private closureOf(day: number): Closure | undefined {
    if (this.hours.closedWeekdays.includes(weekday(day))) return 'weekday';
    if (this.hours.publicHolidays && this.country !== undefined && isPublicHoliday(this.country, isoDate(day))) return 'holiday';
    return undefined;
  }

  // When the clock is put back an hour happens twice: open after the second beginning, closed from the first end.
  private start(day: number): number {
    return this.instant(day, this.fromMinute, 'last');
  }

  private end(day: number): number {
    return this.instant(day, this.toMinute, 'first');
  }

  /** The instant of a local time; of one that happens twice the first or the last; of one that is skipped the end of the gap. */
  private instant(day: number, minute: number, which: 'first' | 'last'): number {
    const wall = day * DAY + minute * MINUTE;
    const before = this.zone.offset(wall - DAY);
    const after = this.zone.offset(wall + DAY);
    const found = [wall - before * MINUTE, wall - after * MINUTE].filter((instant) => instant + this.zone.offset(instant) * MINUTE === wall);
    if (found.length > 0) return which === 'first' ? Math.min(...found) : Math.max(...found);
    return this.transition(wall - Math.max(before, after) * MINUTE, wall - Math.min(before, after) * MINUTE);
  }

  /** The moment within (low, high] at which the offset changes. */
  private transition(low: number, high: number): number {
    const offset = this.zone.offset(high);
    let unchanged = low;
    let changed = high;
    while (changed - unchanged > 1) {
      const middle = Math.floor((unchanged + changed) / 2);
      if (this.zone.offset(middle) === offset) changed = middle;
      else unchanged = middle;
    }
    return changed;
  }
}

function minuteOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

function isoDate(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
