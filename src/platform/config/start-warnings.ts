import type { Config } from './config.js';

/** What an operator should know at the start of a configuration that works, and yet is not what he means. */
export function startWarnings({ smtpUrl, publicUrl }: Pick<Config, 'smtpUrl' | 'publicUrl'>): string[] {
  // RFC 8058: mailbox providers follow a link to unsubscribe over https only. The built-in mailbox follows any.
  const unfollowed = smtpUrl !== undefined && !publicUrl.startsWith('https:');
  return unfollowed ? ['SMTP_URL is set, and TACTFUL_PUBLIC_URL is no https address: marketing and survey mail will be refused (delivery.unsubscribe_headers_missing).'] : [];
}
