import { Foundation0001 } from '../../../migrations/0001-foundation.js';
import { Tracking0002 } from '../../../migrations/0002-tracking.js';
import { TextFolding0003 } from '../../../migrations/0003-text-folding.js';
import { Segments0005 } from '../../../migrations/0005-segments.js';
import { Reading0006 } from '../../../migrations/0006-reading.js';
import { LiveMembership0007 } from '../../../migrations/0007-live-membership.js';
import { Attributes0008 } from '../../../migrations/0008-attributes.js';
import { Portfolio0009 } from '../../../migrations/0009-portfolio.js';
import { Relations0010 } from '../../../migrations/0010-relations.js';
import { Restraint0011 } from '../../../migrations/0011-restraint.js';
import { Consent0012 } from '../../../migrations/0012-consent.js';
import { Preferences0013 } from '../../../migrations/0013-preferences.js';
import { Pressure0014 } from '../../../migrations/0014-pressure.js';
import { Humans0015 } from '../../../migrations/0015-humans.js';
import { Rights0016 } from '../../../migrations/0016-rights.js';
import { Officer0017 } from '../../../migrations/0017-officer.js';
import { TrackingAgain0018 } from '../../../migrations/0018-tracking-again.js';
import { EvidenceEnd0021 } from '../../../migrations/0021-evidence-end.js';
import { Gate0022 } from '../../../migrations/0022-gate.js';
import { Merges0024 } from '../../../migrations/0024-merges.js';
import { Refusals0025 } from '../../../migrations/0025-refusals.js';
import { SeenTransactions0027 } from '../../../migrations/0027-seen-transactions.js';
import { Scores0028 } from '../../../migrations/0028-scores.js';
import { Groups0029 } from '../../../migrations/0029-groups.js';
import { SendingOrder0030 } from '../../../migrations/0030-sending-order.js';
import { MergedHistory0031 } from '../../../migrations/0031-merged-history.js';

/** In the order in which they are applied. A landed migration is never edited. */
export const MIGRATIONS = [Foundation0001, Tracking0002, TextFolding0003, Segments0005, Reading0006, LiveMembership0007, Attributes0008, Portfolio0009, Relations0010, Restraint0011, Consent0012, Preferences0013, Pressure0014, Humans0015, Rights0016, Officer0017, TrackingAgain0018, EvidenceEnd0021, Gate0022, Merges0024, Refusals0025, SeenTransactions0027, Scores0028, Groups0029, SendingOrder0030, MergedHistory0031];
