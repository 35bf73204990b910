import { isActive, type Purpose } from '../consent/purpose.js';
import { type ReadItem, sayRefused, saySensitive } from '../attribute/refused-data.js';
import { classFits } from '../decision/gates/input.js';
import { mayServe } from '../decision/gates/purpose.js';
import type { Scope } from '../rule/rule.js';
import { inputWords } from '../shared/input-words.js';
import { err, ok, type Result } from '../shared/result.js';
import { campaignDefinition, type CampaignDefinition, type CampaignStep, listSteps } from './definition.js';
import type { CronCalendar } from './schedule.js';

export interface DefinitionProblem {
  /** "steps[2].template" */
  readonly path: string;
  readonly message: string;
}

/** What a definition refers to, loaded beforehand. */
export interface DefinitionSurroundings {
  readonly now: Date;
  readonly calendar: CronCalendar;
  readonly segment: (key: string) => KnownSegment | undefined;
  readonly template: (key: string) => KnownTemplate | undefined;
  readonly purpose: (key: string) => Purpose | undefined;
  readonly event: (name: string) => ReadItem;
  readonly list: (key: string) => KnownList | undefined;
}

export interface KnownSegment {
  readonly scope: Scope;
  /** Why it cannot be used as it is, in plain words. */
  readonly problem?: string | undefined;
  readonly touched: readonly ReadItem[];
}

export interface KnownList {
  readonly scope: Scope;
  /** false: a segment with a rule, whose members nobody puts in. */
  readonly isList: boolean;
}

export interface KnownTemplate {
  /** Fields it cannot do without, which have a value for nobody in a campaign. */
  readonly unfillable: readonly string[];
  readonly touched: readonly ReadItem[];
  /** It has the numbers of a survey in it: {{links.survey}}. */
  readonly isSurvey?: boolean;
}

/** rules.md section 4: a sequence of more than three automated touches without a reaction stops. */
const MAX_TOUCHES_WITHOUT_EXIT = 3;

/** The mails that ask somebody to confirm what he said. */
const CONFIRMATION_TEMPLATES: readonly string[] = ['opt-in-request', 're-confirmation'];

/** Reads the shape; what it refers to is checked by validateDefinition. */
export function parseDefinition(input: unknown): Result<CampaignDefinition, DefinitionProblem[]> {
  const parsed = campaignDefinition.safeParse(input, { error: inputWords });
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message })));
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`), '');
}

/** Everything that would keep the campaign from doing what it says; an empty list when it can be started. */
export function validateDefinition(definition: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  return [...audienceProblems(definition, known), ...entryProblems(definition, known), ...purposeProblems(definition, known), ...classProblems(definition), ...stepProblems(definition), ...listProblems(definition, known), ...dataProblems(definition, known)];
}

function audienceProblems({ audience }: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const segment = known.segment(audience.segment);
  if (!segment) problems.push({ path: 'audience.segment', message: `There is no segment "${audience.segment}". Make it first, or look at the spelling.` });
  else if (segment.problem !== undefined) problems.push({ path: 'audience.segment', message: `Segment "${audience.segment}" cannot be used: ${segment.problem}` });
  else if (segment.scope !== audience.scope) problems.push({ path: 'audience.scope', message: `Segment "${audience.segment}" is about ${segment.scope}s, this campaign is for ${audience.scope}s.` });
  if (audience.scope === 'account') {
    if (audience.roles.length === 0) problems.push({ path: 'audience.roles', message: 'A play writes to people by their role in the buying group: name the roles, the most important first.' });
    if (new Set(audience.roles).size < audience.roles.length) problems.push({ path: 'audience.roles', message: 'A role is named twice.' });
  } else {
    if (audience.roles.length > 0) problems.push({ path: 'audience.roles', message: 'Roles belong to a campaign for accounts; this one is for contacts.' });
    if (audience.perAccount !== undefined) problems.push({ path: 'audience.perAccount', message: 'A number of people per account belongs to a campaign for accounts; this one is for contacts.' });
  }
  return problems;
}

function entryProblems({ entry, reentry }: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  switch (entry.kind) {
    case 'now':
    case 'at':
      return reentry === 'always' ? [{ path: 'reentry', message: 'The audience is taken once, so nobody can enter again: leave "reentry" out, or let the campaign recur.' }] : [];
    case 'cron': {
      const problem = known.calendar.problem(entry.cron, entry.timeZone);
      if (problem !== undefined) return [{ path: 'entry.cron', message: problem }];
      if (known.calendar.next(entry.cron, entry.timeZone, known.now)) return [];
      return [{ path: 'entry.cron', message: `"${entry.cron}" never comes: no date fits it (February has no 30th day). Give a time that exists.` }];
    }
    case 'segment_entered':
    case 'segment_left':
    case 'event':
      return [];
  }
}

function purposeProblems({ purpose: key, messageClass }: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  const purpose = known.purpose(key);
  if (!purpose) return [{ path: 'purpose', message: `There is no purpose "${key}". Make it first, or look at the spelling.` }];
  if (!isActive(purpose, known.now)) return [{ path: 'purpose', message: `Purpose "${key}" is no longer in use.` }];
  if (!classFits(messageClass, purpose)) {
    return [{ path: 'messageClass', message: `Purpose "${key}" is for ${purpose.messageClass} mail on the basis of ${purpose.legalBasis}; it does not carry ${messageClass} mail.` }];
  }
  return [];
}

/** What a class is let off of the gate's restraints, it is for what it is: a campaign cannot borrow it. */
function classProblems({ messageClass, steps }: CampaignDefinition): DefinitionProblem[] {
  // Holds and the wish for humans only let a human's own mail pass.
  if (messageClass === 'personal') return [{ path: 'messageClass', message: 'A campaign is automated, and personal mail is what a person writes to one person, from his task. Choose marketing or survey.' }];
  // It goes without consent and outside the caps because it asks for consent and says nothing else (no advertising in it).
  if (messageClass !== 'opt_in_request') return [];
  return steps.flatMap((step, index) =>
    step.kind !== 'send' || CONFIRMATION_TEMPLATES.includes(step.template)
      ? []
      : [{ path: `steps[${index}].template`, message: `Mail that asks to confirm holds no advertising: its template is ${CONFIRMATION_TEMPLATES.map((one) => `"${one}"`).join(' or ')}. Change the words there.` }],
  );
}

function stepProblems({ steps, entry, exitOn }: CampaignDefinition): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const sends = steps.filter((step) => step.kind === 'send').length;
  if (sends === 0) problems.push({ path: 'steps', message: 'Nothing is sent: add a send step.' });
  if (steps[0]?.kind === 'wait' && (entry.kind === 'now' || entry.kind === 'at' || entry.kind === 'cron')) {
    problems.push({ path: 'steps[0]', message: 'The campaign begins by waiting: let it enter later instead.' });
  }
  const last = steps.length - 1;
  if (sends > 0 && (steps[last]?.kind === 'wait' || steps[last]?.kind === 'exit_on_event')) problems.push({ path: `steps[${last}]`, message: 'Nothing comes after this step: end with a send step, or with one that changes a list.' });
  problems.push(...sendsInARow(steps));
  if (sends > MAX_TOUCHES_WITHOUT_EXIT && exitOn.length === 0 && !steps.some((step) => step.kind === 'exit_on_event')) {
    problems.push({ path: 'exitOn', message: `${sends} mails go out whatever the person does: name an event that ends the campaign for whoever reacts (needed from ${MAX_TOUCHES_WITHOUT_EXIT + 1} mails on).` });
  }
  return problems;
}

function listProblems({ steps, audience }: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  return listSteps(steps).flatMap(({ step, list }) => {
    const path = `steps[${step}].list`;
    const found = known.list(list);
    if (!found) return [{ path, message: `There is no list "${list}". Make it first, or look at the spelling.` }];
    if (!found.isList) return [{ path, message: `"${list}" is a segment with a rule: who is in it follows from the rule. Name a list.` }];
    if (found.scope === 'account' && audience.scope === 'contact') return [{ path, message: `List "${list}" is of accounts, this campaign is for contacts. Name a list of contacts.` }];
    return [];
  });
}

/** Two mails in one minute are never meant: they would only push each other over the limits of restraint. */
function sendsInARow(steps: readonly CampaignStep[]): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  let sentSinceWait = false;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'wait') sentSinceWait = false;
    if (step.kind !== 'send') continue;
    if (sentSinceWait) problems.push({ path: `steps[${index}]`, message: 'This mail follows the one before at once: put a wait between them.' });
    sentSinceWait = true;
  }
  return problems;
}

/**
 * Purpose limitation (GDPR art. 5(1)(b)), told when the campaign is written rather than when its mails are refused: a problem for each piece of data.
 * Events that end an enrollment are free: they only ever stop mail.
 */
function dataProblems(definition: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  const { purpose, messageClass } = definition;
  const problems = reads(definition, known).filter(({ item }) => !mayServe(item.purposes, purpose)).map(({ path, reader, item }) => ({ path, message: sayRefused(reader, item, purpose) }));
  for (const [index, step] of definition.steps.entries()) {
    if (step.kind !== 'send') continue;
    const template = known.template(step.template);
    if (template?.isSurvey === true && messageClass !== 'survey') problems.push({ path: 'messageClass', message: `Template "${step.template}" asks for a score: a mail that does is of class survey, not ${messageClass}.` });
    if (template) problems.push(...unfillableFields(index, step.template, template));
    else problems.push({ path: `steps[${index}].template`, message: `There is no template "${step.template}". Make it first, or look at the spelling.` });
  }
  return problems;
}

/** What is no mistake, and leaves people out: sensitive data reach only those who gave explicit consent (GDPR art. 9). */
export function definitionWarnings(definition: CampaignDefinition, known: DefinitionSurroundings): DefinitionProblem[] {
  return reads(definition, known).filter(({ item }) => item.sensitive).map(({ path, reader, item }) => ({ path, message: saySensitive(reader, item, definition.purpose) }));
}

function reads({ audience, entry, steps }: CampaignDefinition, known: DefinitionSurroundings): { path: string; reader: string; item: ReadItem }[] {
  const at = (path: string, reader: string, items: readonly ReadItem[]) => items.map((item) => ({ path, reader, item }));
  return [
    ...at('audience.segment', `Segment "${audience.segment}"`, known.segment(audience.segment)?.touched ?? []),
    ...(entry.kind === 'event' ? at('entry.event', 'The entry', [known.event(entry.event)]) : []),
    ...steps.flatMap((step, index) => (step.kind === 'send' ? at(`steps[${index}].template`, `Template "${step.template}"`, known.template(step.template)?.touched ?? []) : [])),
  ];
}

function unfillableFields(index: number, key: string, { unfillable }: KnownTemplate): DefinitionProblem[] {
  if (unfillable.length === 0) return [];
  return [{ path: `steps[${index}].template`, message: `Template "${key}" needs ${unfillable.map((name) => `"${name}"`).join(', ')}, which a campaign cannot fill in: everybody would be refused. Give it a fallback.` }];
}
