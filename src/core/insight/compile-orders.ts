import type { PortfolioPolicy } from '../account/portfolio-policy.js';
import type { Parameters } from '../rule/parameters.js';

/** Orders as rows of (contact_id, occurred_at, value) of the events e: the first of the properties that reads as a number is the value. `within` begins with "and". */
export function compileOrders({ events, valueProperties }: PortfolioPolicy['orders'], params: Parameters, within: string): string {
  const values = valueProperties.map((property) => {
    const text = `e.properties ->> ${params.add(property, 'text')}`;
    return `case when ${text} ~ '^-?[0-9]{1,15}([.][0-9]+)?$' then (${text})::numeric end`;
  });
  return `select e.contact_id, e.occurred_at, coalesce(${[...values, '0'].join(', ')}) as value from events e where e.name = any(${params.add(events, 'text[]')}) ${within}`;
}
