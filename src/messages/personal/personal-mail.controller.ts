import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Reach } from '../../core/shared/reach.js';
import { Caller, CallerReach, CallerUser } from '../../platform/http/caller.js';
import { Documented } from '../../platform/http/documented.js';
import { parse } from '../../platform/http/parse.js';
import { notFound, ProblemError } from '../../platform/http/problem.js';
import { Reaches, Scopes } from '../../platform/http/scopes.js';
import { type LetterProblem, PersonalMailService } from './personal-mail.service.js';

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const letterInput = z.strictObject({
  subject: z.string().trim().min(1).max(200).regex(/^[^\p{C}]+$/u, 'must not hold control characters'),
  text: z.string().trim().min(1).max(20_000),
  purpose: z.string().max(63).optional().describe('what the mail is for; left out: the purpose of the campaign that the task came from'),
});

@ApiTags('Tasks')
@Controller('api/v1/tasks')
export class PersonalMailController {
  constructor(private readonly mails: PersonalMailService) {}

  @Post(':id/write')
  @HttpCode(200)
  @Scopes('tasks:write')
  @Reaches('limits itself')
  @Documented({ summary: 'Write to the person in your own name. The gate decides on this mail as on any: law, basis and suppression hold for humans too', body: letterInput })
  async write(@Param('id') taskId: string, @Body() body: unknown, @Caller() actor: string, @CallerReach() reach: Reach, @CallerUser() userId: number | undefined): Promise<unknown> {
    const result = await this.mails.write(parse(id, taskId), parse(letterInput, body), { actor, reach, userId });
    if (!result.ok) throw letterProblem(result.error, taskId);
    return { id: Number(taskId), written: true };
  }
}

function letterProblem(problem: LetterProblem, taskId: string): ProblemError {
  switch (problem.kind) {
    case 'missing':
      return notFound('task', taskId);
    case 'closed':
      return new ProblemError({ status: 409, type: 'task-closed', title: 'This task is closed.' });
    case 'no_contact':
      return new ProblemError({ status: 409, type: 'nobody-to-write-to', title: 'This task is about nobody with an address.' });
    case 'no_writer':
      return new ProblemError({ status: 409, type: 'no-writer', title: 'Nobody would be the sender.', detail: 'Use a key that is bound to a colleague, or give the task an owner.' });
    case 'no_purpose':
      return new ProblemError({ status: 422, type: 'purpose-missing', title: 'Say what the mail is for.', errors: [{ path: 'purpose', message: 'is needed: the task came from no campaign' }] });
    case 'stopped': {
      const { verdict, reasons, notBefore } = problem.decision;
      const detail = verdict === 'defer' && notBefore ? `Not before ${notBefore.toISOString()}.` : 'No approval overrides this.';
      return new ProblemError({ status: 409, type: 'mail-stopped', title: 'The gate stops this mail.', detail, errors: reasons.map(({ code }) => ({ path: 'gate', message: code })) });
    }
    case 'not_sent':
      return new ProblemError({ status: 502, type: 'mail-not-sent', title: 'The mail server did not take it.', detail: problem.reason });
  }
}
