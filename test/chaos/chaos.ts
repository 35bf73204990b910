import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { runChaos } from './run-chaos.js';

// npm run chaos -- --kills 20 --recipients 5000
const { values } = parseArgs({ options: { kills: { type: 'string', default: '20' }, recipients: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } } });
const result = await runChaos({ kills: Number(values.kills), recipients: Number(values.recipients), seed: Number(values.seed) });
console.log(JSON.stringify(result));
process.exit(result.doubled + result.lost + result.caps_exceeded + result.sent_after_withdrawal === 0 ? 0 : 1);
