import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

/** The framework tells each module and route that it sets up: worth reading only when looking for a fault. */
const FRAMEWORK = new Set<unknown>(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/**
 * Nest's logger on pino: one JSON line an entry, with ids and counts only. Whatever could carry a person's data
 * (addresses, names, bodies, parameters of SQL) is cut out here as a second line of defence.
 */
export class PinoLogger implements LoggerService {
  private readonly logger: Logger;

  constructor(level: string, destination?: DestinationStream) {
    this.logger = pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: { paths: ['email', 'address', 'to', 'name', 'subject', 'params', 'body', '*.email', '*.address', '*.to', '*.params', '*.body', 'error.detail', 'error.where'], censor: '…' },
      },
      destination ?? pino.destination({ dest: 2, sync: false }),
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  flush(): void {
    this.logger.flush();
  }

  /** Nest calls (message, ...more, context): the last text is the context. */
  private write(level: 'info' | 'warn' | 'error' | 'fatal' | 'debug' | 'trace', message: unknown, rest: unknown[]): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const words = rest.slice(0, context === undefined ? undefined : -1).filter((part) => typeof part === 'string' && !part.includes('\n    at '));
    if (message instanceof Error) {
      const { name, stack, code, statement } = message as Error & { code?: string; statement?: string };
      // The message of a database error can quote a row; its code and our statement's name say enough.
      this.logger[level]({ context, error: { name, code, statement, message: code === undefined ? withoutAddresses(message.message) : undefined, at: framesOf(stack) } }, words.join(' ') || name);
    } else if (typeof message === 'object' && message !== null) {
      this.logger[level]({ context, ...message }, words.join(' '));
    } else {
      this.logger[level]({ context }, withoutAddresses(String(message)));
    }
  }
}

function withoutAddresses(text: string): string {
  return text.replace(/[^\s@<>"']+@[^\s@<>"']+/g, '…@…');
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? '').split('\n').filter((line) => line.startsWith('    at ')).slice(0, 8).map((line) => line.trim());
}
