import { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { continuingFlags, withBackend } from '../../src/cli/engine.ts';
import { withEngineFlags, type EngineFlags } from '../../src/cli/flags/engine.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import type { BackendName, NodeBackendEntry } from '../../src/node/backends.ts';
import { runConfigSchema } from '../../src/node/training/config.ts';
import { engineToBegin, engineToContinue, engineToKeep } from './support/on-node.ts';

/** A row that somebody adds: nothing but the table knows of it. It has no use for threads. */
vi.mock('../../src/node/backends.ts', async (importActual) => {
  const actual = await importActual<typeof import('../../src/node/backends.ts')>();
  const { createReferenceBackend } = await import('../../src/backends/reference/backend.ts');
  const row: NodeBackendEntry = {
    about: 'made up',
    options: ['blas'],
    create: () => Promise.resolve({ ...createReferenceBackend(), name: 'made' }),
    planning: () => Promise.resolve(createReferenceBackend()),
  };
  Object.assign(actual.backends, { made: row });
  (actual.backendNames as string[]).push('made');
  return actual;
});

const made = 'made' as BackendName;

function flagsFrom(...args: string[]): EngineFlags {
  return withEngineFlags(new Command().exitOverride()).parse(args, { from: 'user' }).opts<EngineFlags>();
}

test('a row of the table is accepted by the flag, and its help tells of it', async () => {
  expect(flagsFrom('--backend', 'made').backend).toBe('made');
  expect(() => flagsFrom('--backend', 'mad')).toThrow(/--backend: expected wasm or .*or made, got 'mad'/);
  expect(withEngineFlags(new Command()).helpInformation()).toContain('made (made up)');
  expect(await withBackend(flagsFrom('--backend', 'made'), ({ name }) => Promise.resolve(name))).toBe('made');
});

test('… by createBackend', async () => {
  const backend = await createNodeBackend({ name: made });
  expect(backend.name).toBe('made');
  await backend.dispose();
  const wrong = { name: 'mad' } as object;
  await expect(createNodeBackend(wrong)).rejects.toThrow(/'wasm' or .*or 'made', got 'mad'/);
});

test('… by config.json, with the options that it has a use for', () => {
  const engine = engineToKeep(flagsFrom('--backend', 'made', '--threads', '2', '--no-blas'));
  expect(engine).toEqual({ backend: 'made', blas: false });
  expect(runConfigSchema.shape.engine.parse(engine)).toEqual(engine);
  expect(() => runConfigSchema.shape.engine.parse({ backend: 'mad' })).toThrow();
});

test('… and by a run that goes on', async () => {
  const conditions = [{ step: 0, cardinal: '0.0.0', backend: 'made' }];
  expect(engineToContinue({}, { conditions })).toEqual({ name: 'made' });
  expect(engineToContinue({ backend: 'wasm', threads: 2 }, { conditions })).toEqual({
    name: 'wasm',
    threads: 2,
  });
  expect(engineToBegin({}, { backend: made, blas: false })).toEqual({ name: 'made', blas: false });
  const backend = await createNodeBackend({ name: made });
  expect(continuingFlags(backend, flagsFrom('--backend', 'made'))).toBe(' --backend made');
  await backend.dispose();
});
