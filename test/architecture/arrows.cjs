// Which room may import which: checked by `npm run arrows`, described in README.md.
const features = 'customers|accounts|segments|consent|campaigns|decisions|pressure|messages|tracking|templates|tasks|surveys|privacy|insights|users';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'A cycle has no beginning to read from.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'Decisions are functions of their arguments: no framework, database, file system or process in src/core.',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/core/', '^node_modules/(zod|handlebars|luxon|date-holidays)/'] },
    },
    { name: 'handlebars-in-templates-only', severity: 'error', from: { path: '^src/core/', pathNot: '^src/core/template/' }, to: { path: '^node_modules/handlebars/' } },
    { name: 'time-library-in-shared-only', severity: 'error', from: { path: '^src/core/', pathNot: '^src/core/shared/' }, to: { path: '^node_modules/(luxon|date-holidays)/' } },
    { name: 'platform-knows-no-feature', severity: 'error', from: { path: '^src/platform/' }, to: { path: `^src/(${features})/` } },
    { name: 'platform-uses-shared-core-only', severity: 'error', from: { path: '^src/platform/' }, to: { path: '^src/core/', pathNot: '^src/core/(shared|mail)/' } },
    {
      name: 'queries-are-leaves',
      severity: 'error',
      comment: 'SQL of a feature: reaches the database, core types and plain files of its own feature.',
      from: { path: '^src/([^/]+)/.*\\.queries\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/core/', '^src/platform/database/', '^src/$1/'] },
    },
    { name: 'queries-call-nobody', severity: 'error', from: { path: '\\.queries\\.ts$' }, to: { path: '\\.(service|controller|processor|module)\\.ts$' } },
    {
      name: 'controllers-call-their-service',
      severity: 'error',
      comment: 'A controller parses, calls and maps: no SQL.',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '\\.queries\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    { name: 'nothing-imports-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: ['^src/(cli|main)\\.ts$'] }, to: {} },
    { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.js'] },
  },
};
