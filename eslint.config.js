import typescript from 'typescript-eslint';

/** The floors of packages/core/src: a room imports from lower floors and from itself, nothing else. */
const floors = [
  ['clock', 'diagnostics', 'host'],
  ['schemas'],
  ['expressions', 'streams', 'actions', 'ledger', 'network'],
  ['plugins', 'outbox', 'programs'],
  ['config', 'builtin'],
  ['rules'],
  ['engine'],
  ['testing'],
  ['cli'],
];
/** Errors are thrown on the first floor too, so the clock may import the table of codes. */
const sameFloor = { clock: ['diagnostics'] };

const timers = ['setTimeout', 'setInterval'];
const noTimers = {
  'no-restricted-globals': [
    'error',
    ...timers.map((name) => ({ name, message: 'Time comes from the injected Clock.' })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Time comes from the injected Clock.' },
    { object: 'performance', property: 'now', message: 'Time comes from the injected Clock.' },
    { object: 'process', property: 'hrtime', message: 'Time comes from the injected Clock.' },
    ...timers.map((property) => ({ object: 'globalThis', property, message: 'Time comes from the injected Clock.' })),
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
      message: 'Time comes from the injected Clock.',
    },
  ],
};
const timerModules = [
  'timers',
  'node:timers',
  'timers/promises',
  'node:timers/promises',
  'perf_hooks',
  'node:perf_hooks',
];

function roomRules(room, floor) {
  const allowed = new Set([room, ...floors.slice(0, floor).flat(), ...(sameFloor[room] ?? [])]);
  const forbidden = floors.flat().filter((other) => !allowed.has(other));
  return {
    files: [`packages/core/src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths:
            room === 'clock'
              ? []
              : timerModules.map((name) => ({ name, message: 'Time comes from the injected Clock.' })),
          patterns: [
            ...(forbidden.length > 0
              ? [
                  {
                    regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
                    message: `${room}/ stands on floor ${floor + 1} and imports downwards only.`,
                  },
                ]
              : []),
            {
              regex: '^(\\.\\./)+index\\.js$|^@devicerc/',
              message: 'The core imports its rooms, never a package that stands on it.',
            },
          ],
        },
      ],
    },
  };
}

export default typescript.config(
  { ignores: ['**/dist/', '**/node_modules/', '.cache/', '**/*.fixtures/'] },
  {
    files: ['packages/*/src/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    extends: [typescript.configs.strict],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...noTimers,
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        { paths: timerModules.map((name) => ({ name, message: 'Time comes from the injected Clock.' })) },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A plugin's class may be nothing but its metadata; indexes that were checked a line above need no second check.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Injection by type reads the metadata of a class's own constructor, so a subclass writes it again.
      '@typescript-eslint/no-useless-constructor': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  ...floors.flatMap((rooms, floor) => rooms.map((room) => roomRules(room, floor))),
  {
    files: ['packages/core/src/clock/**/*.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    files: ['packages/core/src/cli/**/*.ts', 'packages/core/src/engine/log-writer.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // A program of its own, bundled by a test: it stands above the whole core and prints what it found.
    files: ['packages/core/src/plugins/bundled-engine.fixture.ts'],
    rules: { 'no-console': 'off', 'no-restricted-imports': 'off' },
  },
  {
    // A benchmark measures real time and prints its result.
    files: ['bench/**/*.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-console': 'off',
      'no-restricted-imports': 'off',
    },
  },
);
