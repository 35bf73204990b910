/** A mail server to hand mail to, as SMTP_URL names it: smtp://user:password@host:587?requireTLS=true, smtps://host. */
export interface SmtpTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTLS?: boolean;
  readonly ignoreTLS?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
}

export function smtpTargetOf(url: string): SmtpTarget {
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: searchParams.get('requireTLS') === 'true',
    ignoreTLS: searchParams.get('ignoreTLS') === 'true',
    rejectUnauthorized: searchParams.get('rejectUnauthorized') !== 'false',
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
}
