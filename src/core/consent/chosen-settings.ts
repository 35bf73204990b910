/** What somebody can choose instead of all mail about something; `digest`: the news of two weeks in one mail. From often to rare. */
export const CHOICES_OF_FREQUENCY = ['weekly', 'digest', 'monthly'] as const;
export type ChosenOften = (typeof CHOICES_OF_FREQUENCY)[number];

export const PAUSE_DAYS = [30, 90] as const;

/** Being followed in opens and in clicks: consents of their own beside the mail's. */
export const TRACKING_SCOPES = ['email_opens', 'email_clicks'] as const;
export type TrackingScope = (typeof TRACKING_SCOPES)[number];

/** Whether the new choice means less mail than the old one; null: as often as it comes. */
export function isLess(before: ChosenOften | null, after: ChosenOften | null): boolean {
  return rank(after) > rank(before);
}

/** Of two people who turn out to be one: the choice that means less mail. */
export function rarer(one: ChosenOften | null, other: ChosenOften | null): ChosenOften | null {
  return rank(one) >= rank(other) ? one : other;
}

function rank(choice: ChosenOften | null): number {
  return choice === null ? -1 : CHOICES_OF_FREQUENCY.indexOf(choice);
}
