import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getDomain } from 'tldts';
import type { DomainKnowledge } from '../../core/account/match-account.js';
import { packageRoot } from '../../platform/package-root.js';

/** Dutch and Belgian providers, and newer ones, that the list does not have. */
const MORE_FREE_MAIL = [
  'casema.nl', 'caiway.nl', 'duck.com', 'fastmail.com', 'fastmail.fm', 'kpnplanet.nl', 'multiweb.nl', 'online.nl', 'onsbrabantnet.nl', 'onsnet.nl', 'outlook.nl', 'privaterelay.appleid.com',
  'proximus.be', 'quicknet.nl', 'solcon.nl', 'tele2.nl', 'telfort.nl', 'tiscali.nl', 'tuta.io', 'tutanota.com', 'upcmail.nl', 'versatel.nl', 'wanadoo.nl', 'wxs.nl', 'xs4all.nl', 'ziggo.nl', 'zonnet.nl',
];
/** Reserved for documentation (RFC 2606): nobody's provider, whatever the list says. */
const NO_PROVIDER = ['example.com', 'example.net', 'example.org'];

let known: ReadonlySet<string> | undefined;

/** 17,000 domains from two maintained lists, read when the first person is matched: most processes never need them. */
function publicDomains(): ReadonlySet<string> {
  if (known) return known;
  const require = createRequire(join(packageRoot(), 'package.json'));
  const list = (path: string): string[] => require(path) as string[];
  const all = [...list('email-providers/all.json'), ...list('disposable-email-domains-js/dist/dict/disposable_email_blocklist.json'), ...MORE_FREE_MAIL];
  known = new Set(all.filter((domain) => !NO_PROVIDER.includes(domain)));
  return known;
}

/** The public suffix list (with its private part: every project at github.io is a domain of its own), and lists of domains where everybody can have an address. */
export function domainKnowledge(shared: readonly string[]): DomainKnowledge {
  const own = new Set(shared);
  const everybodys = publicDomains();
  const registered = new Map<string, string | null>();
  const registrable = (host: string): string | null => {
    let found = registered.get(host);
    if (found === undefined) {
      found = getDomain(host, { allowPrivateDomains: true });
      if (registered.size < 100_000) registered.set(host, found);
    }
    return found;
  };
  return { registrable, isPublic: (domain) => everybodys.has(domain) || own.has(domain) };
}

/** The host and everything above it down to its registered domain: a.b.example.com, b.example.com, example.com. None for a public suffix or an everybody's domain. */
export function hostsOf(host: string, domains: DomainKnowledge): string[] {
  const registered = domains.registrable(host);
  if (registered === null || domains.isPublic(registered) || domains.isPublic(host)) return [];
  const hosts = [host];
  for (let rest = host; rest.length > registered.length; ) hosts.push((rest = rest.slice(rest.indexOf('.') + 1)));
  return hosts;
}
