import { z } from 'zod';
import { LIMITS } from '../core/template/template-functions.js';

const languageDraft = z.object({
  subject: z.string().trim().min(1).max(500),
  preheader: z.string().trim().max(500).default(''),
  /** A whole <mjml> document, or sections that a layout of /templates/layouts frames. */
  mjml: z.string().min(1).max(LIMITS.source),
  layout: z.string().max(60).default('base'),
  /** Derived from the HTML when left out. */
  text: z.string().max(LIMITS.source).optional(),
});

/** What an author saves: a name and, per language, subject, preheader, MJML and perhaps a text part. */
export const templateDraft = z.object({
  name: z.string().trim().min(1).max(200),
  languages: z
    .object({ nl: languageDraft.optional(), en: languageDraft.optional() })
    .refine((languages) => languages.nl !== undefined || languages.en !== undefined, 'give the template in at least one language'),
});

export const templateKey = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes, and begin with a letter');

export type TemplateDraft = z.infer<typeof templateDraft>;
export type TemplateLanguageDraft = z.infer<typeof languageDraft>;
