import type { ReasonCode, Verdict } from '../decision/reasons.js';
import type { AtTheirLimit } from './journey.js';

/** What a day brings for one purpose. A message that waits for days is planned once, and deferred once a day. */
export interface PurposeDay {
  readonly purpose: string;
  readonly planned: number;
  readonly sent: number;
  readonly deferred: number;
  readonly review: number;
  readonly denied: number;
  /** Deferred, review and denied by their primary reason, most frequent first. */
  readonly byReason: Readonly<Partial<Record<ReasonCode, number>>>;
}

export interface SimulatedDay {
  /** YYYY-MM-DD in the workspace's zone. */
  readonly date: string;
  readonly purposes: readonly PurposeDay[];
  /** At the end of the day. */
  readonly peopleAtLimit: number;
  readonly accountsAtLimit: number;
}

export interface SimulatedCourse {
  readonly days: readonly SimulatedDay[];
  readonly totals: readonly PurposeDay[];
  /** Messages that still wait when the time is over. */
  readonly waiting: number;
  readonly decisions: number;
}

/** One day as it is simulated: from (included) to (excluded), in milliseconds since 1970. */
export interface DaySpan {
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

interface Cell {
  planned: number;
  readonly verdicts: Record<Verdict, number>;
  readonly reasons: Map<ReasonCode, number>;
}

/** Adds up what happens, bucket after bucket. */
export class CourseTally {
  private readonly cells: Map<string, Cell>[];
  private readonly people: number[];
  private readonly accounts: number[];
  private decisions = 0;
  private waiting = 0;

  constructor(private readonly days: readonly DaySpan[]) {
    this.cells = days.map(() => new Map<string, Cell>());
    this.people = days.map(() => 0);
    this.accounts = days.map(() => 0);
  }

  plan(day: number, purpose: string): void {
    this.cell(day, purpose).planned += 1;
  }

  /** `again`: it was deferred earlier on the same day already. */
  decide(day: number, purpose: string, verdict: Verdict, primary: ReasonCode | undefined, again: boolean): void {
    this.decisions += 1;
    if (verdict === 'defer' && again) return;
    const cell = this.cell(day, purpose);
    cell.verdicts[verdict] += 1;
    if (primary !== undefined) cell.reasons.set(primary, (cell.reasons.get(primary) ?? 0) + 1);
  }

  endDay(day: number, { people, accounts }: AtTheirLimit): void {
    this.people[day] = (this.people[day] ?? 0) + people;
    this.accounts[day] = (this.accounts[day] ?? 0) + accounts;
  }

  endAll(waiting: number): void {
    this.waiting += waiting;
  }

  course(): SimulatedCourse {
    const totals = new Map<string, Cell>();
    for (const day of this.cells) for (const [purpose, cell] of day) addTo(cellOf(totals, purpose), cell);
    return {
      days: this.days.map(({ date }, day) => ({ date, purposes: purposeDays(this.cells[day] ?? new Map()), peopleAtLimit: this.people[day] ?? 0, accountsAtLimit: this.accounts[day] ?? 0 })),
      totals: purposeDays(totals),
      waiting: this.waiting,
      decisions: this.decisions,
    };
  }

  private cell(day: number, purpose: string): Cell {
    const cells = this.cells[day];
    if (!cells) throw new Error(`Day ${day} is not simulated`);
    return cellOf(cells, purpose);
  }
}

function cellOf(cells: Map<string, Cell>, purpose: string): Cell {
  let cell = cells.get(purpose);
  if (!cell) {
    cell = { planned: 0, verdicts: { send: 0, defer: 0, review: 0, deny: 0 }, reasons: new Map() };
    cells.set(purpose, cell);
  }
  return cell;
}

function addTo(sum: Cell, cell: Cell): void {
  sum.planned += cell.planned;
  for (const verdict of ['send', 'defer', 'review', 'deny'] as const) sum.verdicts[verdict] += cell.verdicts[verdict];
  for (const [code, count] of cell.reasons) sum.reasons.set(code, (sum.reasons.get(code) ?? 0) + count);
}

function purposeDays(cells: ReadonlyMap<string, Cell>): PurposeDay[] {
  return [...cells]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([purpose, { planned, verdicts, reasons }]) => ({
      purpose,
      planned,
      sent: verdicts.send,
      deferred: verdicts.defer,
      review: verdicts.review,
      denied: verdicts.deny,
      byReason: Object.fromEntries([...reasons].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    }));
}
