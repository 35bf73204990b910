import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Of texts that are one string: what ?language= says, else what the client likes best of nl and en (Accept-Language), else English. */
export const CallerLanguage = createParamDecorator((_: unknown, context: ExecutionContext): 'nl' | 'en' => {
  const { query, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return languageOf((query as Readonly<Record<string, unknown>>)['language'], headers['accept-language']);
});

export function languageOf(asked: unknown, accepted: string | undefined): 'nl' | 'en' {
  if (asked === 'nl' || asked === 'en') return asked;
  const liked = (accepted ?? '').split(',').map((part, position) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const weight = Number(/^q=([\d.]+)$/.exec(parameters.map((one) => one.trim()).find((one) => one.startsWith('q=')) ?? '')?.[1] ?? 1);
    return { language: tag.split('-')[0], weight, position };
  });
  const best = liked.filter(({ language, weight }) => (language === 'nl' || language === 'en') && weight > 0).sort((a, b) => b.weight - a.weight || a.position - b.position)[0];
  return best?.language === 'nl' ? 'nl' : 'en';
}
