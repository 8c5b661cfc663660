import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

// What tests hold to be durable has to lie on a disk; the folder for temporary files is in memory on many machines.
const tmpfs = 0x01021994;
if (statfsSync(tmpdir()).type === tmpfs) process.env.TMPDIR = '/var/tmp';

/** Tests lie beside the source they test; they run as native ES modules on the TypeScript source. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/examples'],
  testMatch: ['**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['reflect-metadata'],
  setupFilesAfterEnv: ['<rootDir>/scripts/open-handles.mjs'],
  testTimeout: 30_000,
  maxWorkers: 2,
  // A worker that has run half of the files has half a gigabyte to free when it ends: 0.5 s, the default, is too little for
  // that on a busy machine. One that is kept alive by something left open is killed all the same, and said to be.
  workerGracefulExitTimeout: 10_000,
  moduleNameMapper: {
    '^@devicerc/core/testing$': '<rootDir>/packages/core/src/testing/index.ts',
    '^@devicerc/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
