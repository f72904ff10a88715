const library = [
  'nn',
  'models',
  'cost',
  'graph',
  'plan',
  'backends',
  'session',
  'data',
  'weights',
  'train',
  'use',
  'report',
];
const outside = [...library, 'run', 'study', 'hub', 'studio'];

/** Rooms and what each may import: the pipeline runs one way. Everything may import `base`. */
const rooms = {
  base: [],
  graph: [],
  nn: ['graph'],
  models: ['nn', 'graph'],
  cost: ['nn', 'models', 'graph'],
  plan: ['graph'],
  backends: ['plan', 'graph'],
  session: ['nn', 'graph', 'plan', 'backends'],
  weights: ['nn', 'models', 'graph', 'data'],
  data: [],
  train: ['nn', 'models', 'graph', 'plan', 'backends', 'session', 'data', 'weights'],
  use: ['nn', 'models', 'graph', 'plan', 'backends', 'session', 'data', 'weights', 'train'],
  report: ['train', 'data'],
  run: library,
  hub: ['data', 'report'],
  study: library,
  studio: [...library, 'run', 'study', 'hub'],
  node: outside,
  web: outside,
  serve: [...outside, 'node'],
  cli: [...outside, 'node', 'serve'],
};

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Circles of types count: what two files share stands in a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'node-only-in-node-rooms',
      comment: 'The core runs in a browser unchanged.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(node|serve|cli)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'page-only-talks',
      comment: 'What computes is in the workers; a page bundles none of it. Types cross.',
      severity: 'error',
      from: { path: '^src/web/page/' },
      to: { path: '^src/web/(engine|data|store|hub)/', dependencyTypesNot: ['type-only'] },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room}`,
      severity: 'error',
      // One module of everything, for pages without a bundler.
      from: { path: `^src/${room}/`, pathNot: '^src/web/cardinal\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[...new Set(['base', room, ...allowed])].join('|')})/` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
