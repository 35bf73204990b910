/** Who works here. A key may be bound to one of them; it can then do no more than its user may. */
export const ROLES = ['marketer', 'account_manager', 'officer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const MARKETER_WRITES = new Set(['segments', 'templates', 'campaigns', 'contacts', 'accounts', 'groups', 'imports', 'events', 'messages', 'tasks', 'holds', 'touches', 'purposes', 'suppressions', 'consents', 'surveys']);
const OFFICER_WRITES = new Set(['privacy', 'purposes', 'attributes', 'suppressions', 'consents', 'tasks', 'holds', 'countries']);
const MANAGER_READS = new Set(['contacts', 'accounts', 'events', 'decisions', 'messages', 'consents', 'campaigns', 'segments', 'templates', 'purposes', 'policies', 'tasks', 'holds', 'touches', 'surveys']);
const MANAGER_WRITES = new Set(['tasks', 'holds', 'touches', 'groups']);
// What tells about keys, colleagues and what everybody did is for those who answer for it.
const NOT_FOR_MARKETERS = new Set(['keys', 'users', 'audit', 'privacy', 'mailbox']);

/**
 * What a role may do, scope by scope. Only the officer has privacy:write: on it hang a purpose's legal basis, retention and balancing test, so
 * that whoever gains by a mail never decides whether it is lawful; an administrator keeps the installation, and does not either.
 */
export function roleMay(role: Role, scope: string): boolean {
  const [area = '', act = ''] = scope.split(':');
  switch (role) {
    case 'admin':
      return scope !== 'privacy:write' && scope !== '*';
    case 'officer':
      return act === 'read' || (act === 'write' && OFFICER_WRITES.has(area));
    case 'marketer':
      return act === 'read' ? !NOT_FOR_MARKETERS.has(area) : MARKETER_WRITES.has(area);
    case 'account_manager':
      return act === 'read' ? MANAGER_READS.has(area) : act === 'write' && MANAGER_WRITES.has(area);
  }
}
