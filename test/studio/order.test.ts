import { expect, test } from 'vitest';
import { inOrder } from '../../src/studio/order.ts';
import type { RunState } from '../../src/studio/train/service.ts';

const run = (name: string, more: Partial<RunState>): RunState => ({
  ...{ id: `run:${name}`, name, startedAt: undefined, model: undefined, epochs: undefined },
  ...{ settings: {}, training: 'no', hasCheckpoint: true, ...more },
});

test('runs that can be used come first, the newest before others, and of those the example last', () => {
  const runs = [
    run('begun', { startedAt: '2026-03-01T00:00:00Z', hasCheckpoint: false }),
    run('Example', { isExample: true }),
    run('damaged settings', {}),
    run('older', { startedAt: '2026-01-01T00:00:00Z' }),
    run('newer', { startedAt: '2026-02-01T00:00:00Z' }),
  ];
  const items = [
    ...runs.map(({ id, name }) => ({ id, name, kind: 'run' }) as const),
    { id: 'data:photos', name: 'photos', kind: 'data' } as const,
  ];
  expect(inOrder(items, runs).map(({ name }) => name)).toEqual([
    ...['photos', 'newer', 'older', 'damaged settings', 'Example', 'begun'],
  ]);
});
