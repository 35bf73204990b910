import type { Command } from 'commander';
import { type Boot, fail, withApp } from '../../platform/command-line.js';
import { writeKeyInput, type WriteKeyInput } from './write-key-input.js';
import { WriteKeysService } from './write-keys.service.js';

interface Options {
  readonly source: string;
  readonly kind: string;
  readonly purposes: string;
  readonly notice: string;
  readonly consentWording?: string;
  readonly consentCategory: Record<string, string[]>;
  readonly eventsPerSecond?: string;
  readonly origins?: string;
}

/** `tactful keys write`: beside the API keys, because people look for keys in one place. */
export function registerWriteKeysCommands(program: Command, boot: Boot): void {
  const keys = program.commands.find((command) => command.name() === 'keys') ?? program.command('keys').description('keys: who may call the API, and what may send data in');
  keys
    .command('write')
    .description('make a write key for the tracking API and print it, once')
    .requiredOption('--source <name>', 'where the data comes from: the provenance of the contacts it makes')
    .requiredOption('--purposes <list>', 'comma-separated: what the data is collected for')
    .requiredOption('--notice <version>', 'version of the privacy notice that people see there')
    .option('--kind <kind>', 'server (kept secret) or browser (public: changes no address, merges visitors only)', 'browser')
    .option('--consent-category <Category=purposes>', 'which purposes a category of the consent tool is about; can be repeated', category, {})
    .option('--consent-wording <version>', 'version of the text beside the consent tool\'s switches')
    .option('--events-per-second <count>', 'how much may come in with it')
    .option('--origins <list>', 'comma-separated: the pages that may use a browser key, such as https://www.example.com; any when left out')
    .action(async (options: Options) => {
      const input = writeKeyInput.safeParse(inputOf(options));
      if (!input.success) return fail(input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
      await withApp(boot, async (app) => {
        await create(app.get(WriteKeysService, { strict: false }), input.data);
      });
    });
}

async function create(service: WriteKeysService, input: WriteKeyInput): Promise<void> {
  const made = await service.create(input, 'operator');
  if (made.ok) console.log(made.value.key);
  else fail(`There is no purpose ${made.error.unknown.join(', ')}: "tactful purposes list" shows what there is.`);
}

function inputOf(options: Options): Record<string, unknown> {
  return {
    source: options.source,
    kind: options.kind,
    purposes: commaSeparated(options.purposes),
    noticeVersion: options.notice,
    consentCategories: options.consentCategory,
    consentWordingVersion: options.consentWording ?? null,
    ...(options.origins !== undefined && { allowedOrigins: commaSeparated(options.origins) }),
    ...(options.eventsPerSecond !== undefined && { eventsPerSecond: Number(options.eventsPerSecond) }),
  };
}

function category(text: string, known: Record<string, string[]>): Record<string, string[]> {
  const [name = '', purposes = ''] = text.split(/=(.*)/s);
  return { ...known, [name]: commaSeparated(purposes) };
}

function commaSeparated(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}
