/**
 * An IP address without its last part, as proof of where an act came from without knowing who sat there:
 * IPv4 keeps 24 bits, IPv6 keeps 48. undefined for what is no address.
 */
export function truncateIp(text: string): string | undefined {
  const address = text.trim().toLowerCase().replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/, '');
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(address);
  if (four) return four.slice(1).every((part) => Number(part) < 256) ? `${four[1]}.${four[2]}.${four[3]}.0` : undefined;
  if (!address.includes(':') || !URL.canParse(`http://[${address}]/`)) return undefined;
  // The URL parser has compressed it: put the zeros back, keep three groups of sixteen bits.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail === undefined || tail === '' ? [] : tail.split(':'))];
  return new URL(`http://[${all.slice(0, 3).join(':')}::]/`).hostname.slice(1, -1);
}
