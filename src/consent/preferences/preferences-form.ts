import { z } from 'zod';

const list = z.preprocess((value): unknown => (value === undefined || Array.isArray(value) ? (value ?? []) : [value]), z.array(z.string().max(80)).max(200));

export const preferencesForm = z
  .object({ action: z.enum(['save', 'all_off', 'pause_30', 'pause_90', 'resume', 'privacy']), topic: list, shown: list, often: list, often_shown: list, privacy: list, privacy_shown: list })
  .transform(({ often_shown: oftenShown, privacy_shown: privacyShown, ...form }) => ({ ...form, oftenShown, privacyShown }));
export type PreferencesForm = z.output<typeof preferencesForm>;
