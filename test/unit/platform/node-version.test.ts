import { readFileSync } from 'node:fs';
import { nodeProblem } from '../../../src/platform/node-version.js';

describe('the Node that Tactful is started with', () => {
  it.each(['v22.19.0', 'v22.20.1', 'v24.0.0', 'v100.1.0'])('%s is new enough', (version) => expect(nodeProblem(version)).toBeUndefined());

  it.each(['v20.20.2', 'v22.18.0', 'v4.99.0'])('%s is too old, and it is said what to do', (version) => {
    expect(nodeProblem(version)).toMatch(new RegExp(`needs Node 22\\.19 or newer, and this is ${version}.*npm start`));
  });

  it('is asked for as package.json asks for it', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    expect(nodeProblem('v0.0.0')).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
  });
});
