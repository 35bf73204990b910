import type { Sql } from '../../platform/database/sql.js';
import type { HoldStepTaken } from './hold.js';
import { findById, findByMatter, findByTask, type FoundProgress, type Matter } from './progress.queries.js';

type Of<Key extends string> = Extract<HoldStepTaken['of'], Record<Key, unknown>>;
type Given<Key extends string> = HoldStepTaken & { readonly of: Of<Key> };

/** The open holds that the steps are about, each with its step: one statement for each way of naming them. */
export async function findProgress(sql: Sql, steps: readonly HoldStepTaken[], now: Date): Promise<(FoundProgress & { given: HoldStepTaken })[]> {
  const byId = steps.filter((step): step is Given<'holdId'> => 'holdId' in step.of);
  const byTask = steps.filter((step): step is Given<'taskId'> => 'taskId' in step.of);
  const byMatter = steps.filter((step): step is Given<'kind'> => 'kind' in step.of);
  return [
    ...withSteps(byId, byId.length === 0 ? [] : await findById(sql, byId.map(({ of }) => of))),
    ...withSteps(byTask, byTask.length === 0 ? [] : await findByTask(sql, byTask.map(({ of }) => of.taskId))),
    ...withSteps(byMatter, byMatter.length === 0 ? [] : await findByMatter(sql, byMatter.map((step) => matterOf(step, now)))),
  ];
}

function matterOf({ of, at }: Given<'kind'>, now: Date): Matter {
  return { kind: of.kind, contactId: 'contactId' in of ? of.contactId : null, accountId: 'accountId' in of ? of.accountId : null, reference: of.reference ?? null, at: at ?? now };
}

function withSteps(given: readonly HoldStepTaken[], rows: readonly FoundProgress[]): (FoundProgress & { given: HoldStepTaken })[] {
  return rows.flatMap((row) => {
    const step = given[row.position];
    return step ? [{ ...row, given: step }] : [];
  });
}
