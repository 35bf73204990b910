import type { TemplateProblem } from './template-problem.js';

/**
 * What every mail must carry and what none may do, on the finished HTML and text (Handlebars expressions still in them).
 * The layouts add the links; this catches a whole document, or a text part, written without them.
 */
export function lintTemplate(html: string, text: string): TemplateProblem[] {
  return [...lintHtml(html), ...lintText(text)];
}

function lintHtml(html: string): TemplateProblem[] {
  const problems = missing('html', html);
  for (const [tag] of html.matchAll(/<(?:script|iframe|object|embed|form|base|meta[^>]+http-equiv="?refresh)\b/gi)) {
    problems.push({ part: 'html', message: `${tag}> does not belong in a mail: mail programs remove it or call it spam` });
  }
  for (const [, address = ''] of html.matchAll(/\s(?:href|src|background)\s*=\s*["']?([^"'\s>]*)/gi)) {
    if (!isSafeAddress(address)) problems.push({ part: 'html', message: `the link "${address.slice(0, 60)}" must begin with https://, mailto:, tel:, # or {{links.…}}` });
  }
  return problems;
}

/** Mail programs make a link of whatever looks like one: whoever reads the text has the same ways out, and is led nowhere else. */
function lintText(text: string): TemplateProblem[] {
  const problems = missing('text', text);
  for (const [address] of text.matchAll(/(?<![\w+.-])(?:[a-z][a-z0-9+.-]*:\/\/|(?:javascript|vbscript|data):)[^\s<>"]*/gi)) {
    if (!isSafeAddress(address)) problems.push({ part: 'text', message: `the link "${address.slice(0, 60)}" must begin with https://, mailto:, tel: or {{links.…}}` });
  }
  return problems;
}

function missing(part: 'html' | 'text', source: string): TemplateProblem[] {
  const links = REQUIRED_LINKS.filter(([link]) => !source.includes(`{{links.${link}}}`)).map(([link, why]) => ({ part, message: `has no {{links.${link}}}: ${why}` }));
  const address = source.includes('{{workspace.postal_address}}') ? [] : [{ part, message: 'has no {{workspace.postal_address}}: a reader must see who sends this, and from where' }];
  return [...links, ...address];
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
