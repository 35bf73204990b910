/** What is wrong with a template, where: `part` is "subject", "preheader", "mjml", "html" or "text"; `line` counts from 1. */
export interface TemplateProblem {
  readonly part: TemplatePart;
  readonly line?: number;
  readonly message: string;
}

export type TemplatePart = 'subject' | 'preheader' | 'mjml' | 'html' | 'text';
