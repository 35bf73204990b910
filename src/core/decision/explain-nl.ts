import type { ExplainTexts, Words } from './explain.js';

const on = (since: string): string => (since === '' ? '' : ` op ${since}`);
const company = ({ account }: Words): string => account ?? 'het account';
const CHOSEN: Readonly<Record<string, string>> = { weekly: 'hoogstens één mail per week', digest: 'het nieuws van twee weken in één mail', monthly: 'hoogstens één mail per maand' };
/** Van wie: de persoon, of iemand bij het account. */
const whose = (w: Words): string => (w.what === 'account' ? company(w) : w.person);
const until = (w: Words): string => (w.until === '' ? '; tot een mens het afsluit' : `; de machine zwijgt tot ${w.until}`);
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const BLOCKS: Readonly<Record<string, string>> = { legal: 'een juridische zaak', dispute: 'een geschil', competitor: 'een concurrent' };

/** Nederlandse zinnen. Elke code zegt wat er is en wat de lezer kan doen. */
export const EXPLAIN_NL: ExplainTexts = {
  locale: 'nl-NL',
  and: 'en',
  at: 'om',
  sent: (w, basis) => `${w.person} krijgt "${w.campaign}": ${basis}, en geen enkele rem houdt het tegen.`,
  deferred: (w) => `${w.person} krijgt "${w.campaign}" nu niet; op zijn vroegst op ${w.until}.`,
  tooLate: (w) => `${w.person} krijgt "${w.campaign}" nu niet, en op ${w.until} is het geen nieuws meer: dan vervalt het.`,
  review: (w) => `"${w.campaign}" aan ${w.person} wacht tot een mens ernaar kijkt.`,
  denied: (w) => `${w.person} krijgt "${w.campaign}" niet.`,
  grounds: {
    consent: 'er is bewezen toestemming',
    soft_opt_in: 'de uitzondering voor bestaande klanten geldt',
    contract: 'de overeenkomst vraagt erom',
    legal_duty: 'de wet vraagt erom',
    legitimate_interest: 'er is een vastgelegd, afgewogen belang',
    opt_in_request: 'er staat een aanvraag open om te bevestigen',
    reply_in_thread: 'het is een antwoord op een mail van deze persoon',
  },
  modifiers: {
    'profiling.off': () => 'Met algemene inhoud, omdat deze persoon geen profilering wil.',
    'field.stripped': (list) => `Zonder ${list}.`,
  },
  reasons: {
    'input.person_unknown': { text: () => 'Deze persoon staat niet in de database.', advice: () => 'Controleer het adres of nummer, of importeer de persoon met bron, datum en privacyverklaring.' },
    'input.address_invalid': {
      text: (w) => (w.what === 'missing' ? `Er is geen e-mailadres van ${w.person}.` : w.what === 'unverified' ? `Het adres van ${w.person} kwam uit een import en is nooit geverifieerd.` : `Het adres van ${w.person} is geen bruikbaar e-mailadres.`),
      advice: () => 'Vraag het juiste adres, of verbeter het bij de bron en importeer het opnieuw.',
    },
    'input.provenance_missing': { text: (w) => `Er is niet vastgelegd waar de gegevens van ${w.person} vandaan komen, sinds wanneer en onder welke privacyverklaring.`, advice: () => 'Importeer de persoon opnieuw met bron, datum en versie van de verklaring.' },
    'input.purpose_invalid': {
      text: (w) =>
        w.what === 'retired' ? `Het doel "${w.purpose}" wordt niet meer gebruikt.` : w.what === 'ended' ? `Het doel "${w.purpose}" liep af${on(w.since)}.` : w.what === 'channel' ? `Het doel "${w.purpose}" gebruikt geen e-mail.` : `Er is geen doel "${w.purpose}".`,
      advice: () => 'Kies een ander doel voor de campagne, of laat de privacyfunctionaris dit doel wijzigen.',
    },
    'input.controller_mismatch': { text: (w) => `De gegevens van ${w.person} zijn verzameld door ${w.names[0] === '' ? 'deze organisatie zelf' : (w.names[0] ?? 'een ander')}, en "${w.purpose}" is van ${w.names[1] === '' ? 'deze organisatie zelf' : (w.names[1] ?? 'een ander')}.`, advice: () => 'Verstuur vanuit de organisatie die de gegevens verzamelde, of vraag opnieuw toestemming.' },
    'input.class_mismatch': {
      text: (w) => `Een bericht van de soort ${w.names[0] ?? ''} past niet bij het doel "${w.purpose}", dat bedoeld is voor ${w.names[1] ?? ''} op grond van ${w.names[2] ?? ''}.`,
      advice: () => 'Kies een doel dat bij het bericht past, of wijzig de berichtsoort van de campagne.',
    },
    'input.fact_unavailable': { text: (w) => `Iets dat voor het besluit nodig is kon niet worden geladen: ${w.list}.`, advice: () => 'Niets: het wordt opnieuw geprobeerd. Blijft het zo, vraag dan de beheerder naar het logboek te kijken.' },
    'input.merge_field_missing': { text: (w) => `De sjabloon heeft ${w.list} nodig, en dat is van ${w.person} niet bekend.`, advice: () => 'Vul de waarde bij het contact aan, of geef het veld in de sjabloon een terugvalwaarde.' },
    'legal.erased': { text: () => 'Dit adres is op verzoek van de eigenaar gewist.', advice: () => 'Niets: alleen de persoon zelf kan terugkomen, door zich in te schrijven.' },
    'legal.restricted': { text: (w) => `Het gebruik van de gegevens van ${w.person} is beperkt (AVG artikel 18)${on(w.since)}.`, advice: () => 'Wacht tot de privacyfunctionaris de beperking opheft.' },
    'legal.objected': { text: (w) => `${w.person} maakte bezwaar tegen direct marketing${on(w.since)}.`, advice: () => 'Niets: een bezwaar geldt ongeacht de grondslag. De persoon kan zich weer inschrijven.' },
    'legal.withdrawn': { text: (w) => `${w.person} trok de toestemming voor "${w.purpose}" in${on(w.since)}.`, advice: () => 'Niets: de persoon kan zich weer inschrijven in het voorkeurencentrum.' },
    'legal.minor': { text: (w) => `${w.person} is minderjarig.`, advice: () => 'Laat minderjarigen buiten het segment; een ouder moet toestemmen.' },
    'legal.special_category': { text: (w) => `De campagne leest bijzondere persoonsgegevens (AVG artikel 9), en ${w.person} gaf daar voor "${w.purpose}" geen uitdrukkelijke toestemming voor: ${w.list}.`, advice: () => 'Haal deze velden uit het segment en de sjabloon, of vraag uitdrukkelijke toestemming.' },
    'legal.notice_due': { text: (w) => `De gegevens van ${w.person} kwamen ${w.what === 'public' ? 'uit een openbare bron' : 'van iemand anders'}, en aan ${w.person} is nooit verteld dat wij ze hebben (AVG artikel 14).`, advice: () => 'Stuur eerst de privacyverklaring en leg vast wanneer.' },
    'legal.retention_elapsed': { text: (w) => `De gegevens van ${w.person} mogen tot ${w.days} dagen na het laatste contact worden bewaard; dat eindigde${on(w.since)}.`, advice: () => 'Wis de gegevens, of verleng de bewaartermijn van het doel als daar een grond voor is.' },
    'purpose.data_not_allowed': {
      text: (w) => (w.names[0] === 'contact' ? `De gegevens van ${w.person} zijn niet verzameld voor "${w.purpose}"${w.names.length > 1 ? `, en evenmin ${w.names.slice(1).join(', ')}` : ''}.` : `De campagne leest gegevens die niet voor "${w.purpose}" gebruikt mogen worden: ${w.list}.`),
      advice: (w) => (w.names[0] === 'contact' ? 'Vraag deze persoon om toestemming, of importeer de gegevens met de doelen waarvoor ze verzameld zijn.' : 'Haal deze velden uit segment en sjabloon, of laat de privacyfunctionaris ze voor dit doel toestaan.'),
    },
    'basis.consent_missing': {
      text: (w) =>
        w.what === 'no_open_request' ? `${w.person} heeft geen openstaande aanvraag voor "${w.purpose}" om te bevestigen.` : w.what === 'never' ? `${w.person} is nooit gevraagd, of zei nooit ja, voor "${w.purpose}".` : `${w.person} zei nee tegen "${w.purpose}"${on(w.since)}.`,
      advice: () => 'Bied het inschrijfformulier aan; voeg mensen niet met de hand toe.',
    },
    'basis.consent_unconfirmed': { text: (w) => `${w.person} vroeg om "${w.purpose}"${on(w.since)} maar heeft het niet bevestigd.`, advice: () => 'Wacht op de bevestiging; de aanvraag kan één keer opnieuw worden gestuurd.' },
    'basis.consent_expired': { text: (w) => `De toestemming van ${w.person} voor "${w.purpose}" eindigde${on(w.since)}.`, advice: () => 'Vraag haar opnieuw, buiten marketingmail om.' },
    'basis.scope_mismatch': {
      text: (w) => (w.what === 'channel' ? `${w.person} stemde in met "${w.purpose}", maar via een ander kanaal dan e-mail.` : `Wat er van ${w.person} voor "${w.purpose}" is vastgelegd is geen toestemming, maar berust op ${w.what}.`),
      advice: () => 'Vraag toestemming voor dit doel per e-mail.',
    },
    'basis.evidence_incomplete': { text: (w) => `De toestemming van ${w.person} voor "${w.purpose}" is niet te bewijzen: er ontbreekt bewijs.`, advice: () => 'Vul het bewijs aan (wanneer, waar, welke tekst), of vraag het opnieuw.' },
    'basis.soft_opt_in.no_sale': { text: (w) => `${w.person} heeft niets gekocht, dus de uitzondering voor bestaande klanten geldt niet.`, advice: () => 'Vraag toestemming.' },
    'basis.soft_opt_in.not_similar': { text: () => 'Er is niet vastgelegd dat deze mail gaat over producten die lijken op wat gekocht is.', advice: () => 'Leg het bij de verkoop vast, of vraag toestemming.' },
    'basis.soft_opt_in.no_opt_out_offered': { text: (w) => `Er is niet vastgelegd dat ${w.person} kon weigeren toen het adres werd verzameld.`, advice: () => 'Leg het bij de verkoop vast, of vraag toestemming.' },
    'basis.soft_opt_in.channel': { text: () => 'De uitzondering voor bestaande klanten geldt niet voor dit kanaal.', advice: () => 'Vraag toestemming.' },
    'basis.soft_opt_in.other_controller': { text: () => 'Er is niet vastgelegd dat de afzender ook de verkoper is.', advice: () => 'Verstuur vanuit de organisatie die verkocht, of vraag toestemming.' },
    'basis.soft_opt_in.window': { text: (w) => `Het is niet bekend dat de laatste aankoop van ${w.person} binnen ${w.days} dagen viel.`, advice: () => 'Vraag toestemming.' },
    'basis.cold_b2b': { text: (w) => `Het zakelijke adres van ${w.person}${w.account === undefined ? '' : ` bij ${w.account}`} is opgezocht: geen toestemming voor "${w.purpose}", geen verkoop.`, advice: () => 'Mail niet; een collega kan bellen of op eigen naam schrijven.' },
    'basis.balancing_missing': { text: (w) => `"${w.purpose}" berust op gerechtvaardigd belang, maar er is geen belangenafweging vastgelegd.`, advice: () => 'Laat de privacyfunctionaris de afweging bij het doel vastleggen.' },
    'suppression.unsubscribed_all': { text: (w) => `${w.person} heeft zich overal voor afgemeld.`, advice: () => 'Niets: de persoon kan zich weer inschrijven in het voorkeurencentrum.' },
    'suppression.unsubscribed_topic': { text: (w) => `${w.person} heeft zich afgemeld voor "${w.purpose}".`, advice: () => 'Niets: de persoon kan zich weer inschrijven in het voorkeurencentrum.' },
    'suppression.complaint': { text: (w) => `${w.person} meldde mail van ons als spam.`, advice: () => 'Niets: mail deze persoon niet meer.' },
    'suppression.hard_bounce': { text: (w) => `Mail aan het adres van ${w.person} kwam terug: het bestaat niet.`, advice: () => 'Vraag het nieuwe adres, bijvoorbeeld per telefoon.' },
    'suppression.domain': { text: (w) => `Aan ${w.list} wordt niet gemaild, en het adres van ${w.person} valt daaronder.`, advice: () => 'Vraag de beheerder waarom dit domein geblokkeerd is.' },
    'suppression.account': { text: (w) => `Alle mail aan ${w.names[0] === 'contact' ? w.person : company(w)} is stopgezet${on(w.since)}: ${BLOCKS[w.what] ?? w.what}.`, advice: () => 'Vraag het aan de eigenaar van het account; alleen een mens heft dit op.' },
    'suppression.role_address': { text: (w) => `Het adres van ${w.person} hoort bij een balie (zoals info@ of sales@), niet bij een mens.`, advice: () => 'Vraag een persoonlijk adres.' },
    'suppression.manual': { text: (w) => `Een collega zette het adres van ${w.person} op de lijst van adressen die nooit gemaild worden.`, advice: () => 'Vraag wie dat deed en waarom, voordat u het eraf haalt.' },
    'suppression.soft_bounce': { text: (w) => `Mail aan ${w.person} komt voorlopig steeds terug; na ${w.until} wordt het weer geprobeerd.`, advice: () => 'Niets, of vraag een ander adres.' },
    'relationship.complaint_open': { text: (w) => `Er staat een klacht van ${whose(w)} open${on(w.since)}${until(w)}.`, advice: () => 'Los eerst de klacht op en bel na.' },
    'relationship.ticket_open': { text: (w) => `Er staat een ernstige melding van ${whose(w)} open${on(w.since)}${until(w)}.`, advice: () => 'Los eerst de melding op en bel na.' },
    'relationship.detractor': { text: (w) => `${capital(w.what === 'account' ? `iemand bij ${company(w)}` : w.person)} gaf ons een laag cijfer${on(w.since)}${until(w)}.`, advice: () => 'Bel, en rond dat eerst af.' },
    'relationship.human_conversation': { text: (w) => `Een collega is in gesprek met ${whose(w)}${on(w.since)}${until(w)}.`, advice: () => 'Laat het aan de collega; de machine gaat verder als het gesprek is afgesloten.' },
    'relationship.account_replied': { text: (w) => `Iemand bij ${company(w)} antwoordde op deze campagne${on(w.since)}${until(w)}.`, advice: () => 'Antwoord persoonlijk; de machine gaat verder als de taak is afgesloten.' },
    'relationship.open_opportunity': { text: (w) => `Er loopt een verkoopkans bij ${whose(w)}${on(w.since)}${until(w)}.`, advice: () => 'Vraag het aan de eigenaar van het account.' },
    'relationship.meeting_booked': { text: (w) => `Er is een afspraak met ${whose(w)}, gemaakt${on(w.since)}${until(w)}.`, advice: () => 'Wacht tot een week na de afspraak.' },
    'relationship.prefers_human': { text: (w) => `${w.person} vroeg${on(w.since)} om geen automatische mail.`, advice: () => 'Schrijf of bel zelf.' },
    'relationship.goal_met': { text: (w) => `${w.person} deed al waar "${w.campaign}" om vraagt.`, advice: () => 'Niets: het doel is bereikt.' },
    'relationship.duplicate_content': { text: (w) => `${w.person} kreeg dezelfde inhoud al${on(w.since)}, en binnen ${w.days} dagen gaat die niet nog eens.`, advice: () => 'Niets, of schrijf iets nieuws.' },
    'campaign.already_sent': { text: (w) => `${w.person} heeft deze mail van "${w.campaign}" al.`, advice: () => 'Niets: een stap wordt één keer verstuurd.' },
    'campaign.stopped': { text: (w) => (w.what === 'draft' ? `"${w.campaign}" is nog niet gestart.` : `"${w.campaign}" is gestopt.`), advice: (w) => (w.what === 'draft' ? 'Start de campagne.' : 'Start een nieuwe campagne als het verder moet gaan.') },
    'campaign.exited': { text: (w) => `${w.person} is uit "${w.campaign}", omdat gebeurde waarop gewacht werd.`, advice: () => 'Niets: de campagne deed haar werk.' },
    'approval.due': { text: (w) => `${w.account ?? 'Deze organisatie'} wordt ${w.list} bediend: iemand keurt deze mail aan ${w.person} eerst goed.`, advice: () => 'Keur het concept goed, of laat het vallen. Na goedkeuring wordt opnieuw beslist.' },
    'approval.first_wave': { text: (w) => `${w.account ?? 'Deze organisatie'} wordt ${w.list} bediend: deze mail wacht tot die aan de eerste organisaties zijn goedgekeurd.`, advice: () => 'Keur de concepten voor de eerste organisaties goed.' },
    'approval.dropped': { text: (w) => `Iemand bekeek deze mail van "${w.campaign}" aan ${w.person} en liet haar vallen.`, advice: () => 'Niets: de campagne gaat door met de volgende stap.' },
    'holdout.control': {
      text: (w) => (w.what === 'campaign' ? `${w.person} zit in de controlegroep van "${w.campaign}".` : `${w.person} zit in de controlegroep die geen enkele campagne mailt.`),
      advice: () => 'Niets: de controlegroep laat zien wat mailen oplevert. Ze kan in het beleid kleiner worden gemaakt.',
    },
    'pressure.cap_channel': { text: (w) => `${w.person} kreeg ${w.count} van hoogstens ${w.limit} mails in ${w.days} dagen; er is weer ruimte vanaf ${w.until}.`, advice: () => 'Wacht, of laat een minder belangrijke campagne weg.' },
    'pressure.cap_total': { text: (w) => `${w.person} kreeg ${w.count} van hoogstens ${w.limit} berichten in ${w.days} dagen, van alle campagnes samen; er is weer ruimte vanaf ${w.until}.`, advice: () => 'Wacht, of laat een minder belangrijke campagne weg.' },
    'pressure.cap_purpose': { text: (w) => `${w.person} kreeg ${w.count} van hoogstens ${w.limit} berichten over "${w.purpose}" in ${w.days} dagen; er is weer ruimte vanaf ${w.until}.`, advice: () => 'Wacht, of verstuur minder vaak over dit doel.' },
    'pressure.cap_account': {
      text: (w) =>
        w.what === 'messages'
          ? `${company(w)} kreeg ${w.count} van hoogstens ${w.limit} berichten in ${w.days} dagen; er is weer ruimte vanaf ${w.until}.`
          : `${w.count} van hoogstens ${w.limit} mensen van ${company(w)} zijn in ${w.days} dagen aangeschreven${w.what === 'campaign_people' ? ' door deze campagne' : ''}; er is weer ruimte vanaf ${w.until}.`,
      advice: () => 'Wacht, of kies wie er bij dit account het belangrijkst is.',
    },
    'pressure.min_gap': { text: (w) => `Het laatste bericht aan ${w.person} is minder dan ${w.hours} uur geleden; het volgende kan vanaf ${w.until}.`, advice: () => 'Wacht, of maak de tussentijd in het beleid korter.' },
    'pressure.chosen_frequency': {
      text: (w) => (w.what === 'paused' ? `${w.person} wil tot ${w.until} geen mail van deze soort.` : `${w.person} koos ${CHOSEN[w.what] ?? 'minder mail'}; er is weer ruimte vanaf ${w.until}.`),
      advice: () => 'Wacht: dit is wat de persoon koos.',
    },
    'pressure.lost_arbitration': {
      text: (w) =>
        w.what === 'upcoming'
          ? `Aan ${w.person} gaat binnenkort mail van "${w.list}", die belangrijker is: deze wacht tot ${w.until}.`
          : `Mail van "${w.list}" aan ${w.person} was belangrijker en nam de plaats van deze in; er is weer ruimte vanaf ${w.until}.`,
      advice: (w) => `Wacht, of geef "${w.campaign}" een hogere voorrang.`,
    },
    'pressure.saturated': {
      text: (w) => `${w.person} heeft voorlopig genoeg gekregen: de druk is ${w.amount}, en met nog een mail moet die binnen ${w.most} blijven; er is weer ruimte vanaf ${w.until}.`,
      advice: () => 'Wacht, en stuur deze persoon minder.',
    },
    'timing.quiet_hours': { text: (w) => `Het is ${w.what === 'weekday' ? 'een dag zonder mail' : 'buiten de verzenduren'} waar ${w.person} is (${w.list}); het volgende uur is ${w.until}.`, advice: () => 'Niets: het gaat weg als daar de dag begint.' },
    'timing.timezone_unknown': { text: (w) => `De tijdzone van ${w.person} is niet bekend; volgens de uren die overal veilig zijn (${w.list}) wacht het tot ${w.until}.`, advice: () => 'Vul de tijdzone of de stad van het contact aan.' },
    'timing.holiday': { text: (w) => `Het is een feestdag waar ${w.person} is; het volgende uur is ${w.until}.`, advice: () => 'Niets: het gaat op de volgende werkdag weg.' },
    'timing.stale': { text: (w) => `Het bericht kon sinds ${w.since} weg en leeft ${w.hours} uur: het is geen nieuws meer.`, advice: () => 'Geef de campagne een langere levensduur, als de inhoud dat toelaat.' },
    'delivery.throttled': { text: (w) => `${w.list} verstuurt hoogstens ${w.limit} mails per uur, en die van dit uur zijn op; verder op ${w.until}.`, advice: () => 'Niets: het gaat vanzelf verder.' },
    'delivery.warm_up': { text: (w) => `${w.list} is nieuw en verstuurt vandaag hoogstens ${w.limit} mails; verder op ${w.until}.`, advice: () => 'Niets: het gaat de komende dagen.' },
    'delivery.reputation_pause': { text: (w) => `Het verzenden vanaf ${w.names[0] ?? ''} is gepauzeerd${on(w.since)}${w.names[1] === undefined ? '' : `: ${w.names[1]}`}.`, advice: () => 'Bekijk de bounces en klachten van de laatste dagen; de beheerder heft de pauze op.' },
    'delivery.kill_switch': {
      text: (w) => (w.what === 'campaign' ? `"${w.campaign}" is gepauzeerd.` : 'Alle verzending is uitgezet.'),
      advice: (w) => (w.what === 'campaign' ? 'Hervat de campagne.' : 'Zet verzending in het beleid weer aan.'),
    },
    'delivery.not_aligned': { text: (w) => `Het verzenddomein ${w.names[0] ?? ''} is niet ingericht voor geauthenticeerde mail${w.names[1] === undefined ? '' : `: ${w.names[1]}`}.`, advice: () => 'Richt SPF, DKIM en DMARC van het domein in, en laat het opnieuw nakijken.' },
    'delivery.unsubscribe_headers_missing': { text: () => 'De mail kan geen afmeldlink dragen die mailboxen volgen: het openbare adres van Tactful is geen https.', advice: () => 'Laat de beheerder TACTFUL_PUBLIC_URL op een https-adres zetten.' },
  },
};
