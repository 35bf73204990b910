import type { ChangeKind } from '../../core/rule/dependencies.js';
import type { Scope } from '../../core/rule/rule.js';

/** Why somebody came into a segment or left, as the history shows it: the change that was found first after the last look. */
export function causeOf(scope: Scope, kind: ChangeKind | 'derived', name: string): string {
  const whose = scope === 'account' ? 'account ' : '';
  switch (kind) {
    case 'derived':
      return name;
    case 'row':
      return `${whose}created or deleted`;
    case 'column':
    case 'attribute':
      return name === 'account_id' ? 'account changed' : `${whose}attribute ${name}`;
    case 'event':
      return `event ${name}`;
    case 'message':
      return name === '*' ? 'mail' : `mail of campaign ${name}`;
    case 'subsidiaries':
      return 'subsidiaries of the account';
    case 'role':
      return 'buying-group role';
    case 'people':
      return 'people of the account';
    case 'list':
      return 'list';
    case 'consent':
      return `consent ${name}`;
    case 'suppression':
      return 'suppression';
  }
}
