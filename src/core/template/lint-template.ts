import type { TemplateProblem } from './template-problem.js';

/**
 * What every mail must carry and what none may do, on the finished HTML (Handlebars expressions still in it).
 * The layouts add the links; this catches a whole document written without them.
 */
export function lintTemplate(html: string): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  for (const [link, why] of REQUIRED_LINKS) {
    if (!html.includes(`{{links.${link}}}`)) problems.push({ part: 'html', message: `has no {{links.${link}}}: ${why}` });
  }
  if (!html.includes('{{workspace.postal_address}}')) problems.push({ part: 'html', message: 'has no {{workspace.postal_address}}: a reader must see who sends this, and from where' });
  for (const [tag] of html.matchAll(/<(?:script|iframe|object|embed|form|base|meta[^>]+http-equiv="?refresh)\b/gi)) {
    problems.push({ part: 'html', message: `${tag}> does not belong in a mail: mail programs remove it or call it spam` });
  }
  for (const [, address = ''] of html.matchAll(/\s(?:href|src|background)\s*=\s*["']?([^"'\s>]*)/gi)) {
    if (!isSafeAddress(address)) problems.push({ part: 'html', message: `the link "${address.slice(0, 60)}" must begin with https://, mailto:, tel:, # or {{links.…}}` });
  }
  return problems;
}

const REQUIRED_LINKS = [
  ['unsubscribe', 'every mail must offer a way out'],
  ['preferences', 'every mail must offer a way to get less'],
  ['human', 'every mail must offer a way to reach a person'],
] as const;

/** A field at the start of a link could make it `javascript:` or another site altogether. */
function isSafeAddress(address: string): boolean {
  return address === '' || /^(?:https?:\/\/[^{]|mailto:|tel:|#|cid:|data:image\/(?:png|gif|jpeg|webp);|\{\{links\.)/i.test(address);
}
