import type { SeededRandom } from './seeded-random.js';

/** An account of the CRM export, as far as its people need it. */
export interface DemoAccount {
  readonly name: string;
  readonly domain: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface BusinessContact {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly jobTitle: string;
  readonly account: string;
  readonly country: string;
  readonly timeZone: string;
  readonly language: 'nl' | 'en';
  readonly lifecycleStage: 'prospect' | 'lead' | 'new_customer' | 'loyal_customer';
  readonly role: string;
}

const FIRST_NAMES = ['Anna', 'Bram', 'Carla', 'Daan', 'Elif', 'Femke', 'Gijs', 'Hanna', 'Ilse', 'Joris', 'Karim', 'Lotte', 'Mats', 'Noor', 'Omar', 'Petra', 'Quinten', 'Roos', 'Sem', 'Tess', 'Umar', 'Vera', 'Wout', 'Xenia', 'Yara', 'Zoë'];
const LAST_NAMES = ['Bakker', 'de Boer', 'van Dam', 'Dekker', 'Demir', 'van den Berg', 'Graaf', 'Hendriks', "in 't Veld", 'Jansen', 'Kaya', 'Koster', 'Leeuw', 'Martens', 'Nguyen', 'Oosterhuis', 'Peeters', 'Quist', 'Rossi', 'Smit', 'Tromp', 'Uit den Bosch', 'Visser', 'Wójcik', 'Yılmaz', 'Zwart'];
const TITLES: Readonly<Record<string, readonly string[]>> = {
  initiator: ['Operations Lead', 'Innovation Manager'],
  user: ['Planner', 'Analyst', 'Team Lead'],
  influencer: ['Enterprise Architect', 'Quality Manager', 'Controller'],
  decider: ['Chief Operating Officer', 'Managing Director', 'Chief Information Officer'],
  buyer: ['Procurement Manager', 'Category Buyer'],
  gatekeeper: ['Executive Assistant', 'Office Manager'],
  '': ['Specialist', 'Consultant', 'Engineer'],
};
const ZONES: Readonly<Record<string, readonly string[]>> = {
  US: ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'],
  BE: ['Europe/Brussels'],
  BR: ['America/Sao_Paulo'],
  CN: ['Asia/Shanghai'],
  DE: ['Europe/Berlin'],
  IT: ['Europe/Rome'],
  JP: ['Asia/Tokyo'],
  JO: ['Asia/Amman'],
  KE: ['Africa/Nairobi'],
  KR: ['Asia/Seoul'],
  NO: ['Europe/Oslo'],
  PA: ['America/Panama'],
  PH: ['Asia/Manila'],
  PL: ['Europe/Warsaw'],
  RO: ['Europe/Bucharest'],
};

/** The people of one account: a buying group of four to eight, and some colleagues without a part in it. */
export function peopleOf(account: DemoAccount, random: SeededRandom): BusinessContact[] {
  const roles = ['decider', 'influencer', 'user', 'user', ...['initiator', 'buyer', 'gatekeeper', 'influencer'].filter(() => random.chance(0.5)), ...Array.from({ length: random.between(1, 4) }, () => '')];
  const timeZone = random.pick(ZONES[account.country] ?? ['UTC']);
  const customer = random.chance(0.4);
  const taken = new Set<string>();
  return roles.map((role) => {
    const [firstName, lastName] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
    let email = `${ascii(firstName)}.${ascii(lastName)}@${account.domain}`;
    while (taken.has(email)) email = email.replace(/(\d*)@/, (_, digits: string) => `${Number(digits || 1) + 1}@`);
    taken.add(email);
    return {
      email,
      firstName,
      lastName,
      jobTitle: random.pick(TITLES[role] ?? ['Specialist']),
      account: account.name,
      country: account.country,
      timeZone: random.chance(0.95) ? timeZone : '', // some zones are not known: the engine must cope
      language: account.country === 'BE' || random.chance(0.1) ? 'nl' : 'en',
      lifecycleStage: customer ? random.pick(['new_customer', 'loyal_customer'] as const) : random.pick(['prospect', 'lead', 'lead'] as const),
      role,
    };
  });
}

function ascii(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').replace(/ı/g, 'i').toLowerCase().replace(/[^a-z0-9 -]/g, '').trim().replace(/ +/g, '-');
}
