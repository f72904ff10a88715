import { expect, test } from 'vitest';
import { familyTable } from '../../bench/families/table.ts';
import type { Measured } from '../../bench/compare/rounds.ts';
import { repeatsOfRun, suites, type NetworkWork } from '../../bench/compare/work.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';

const one = (name: string, rounds: number[]): Measured => ({ name, version: '1', rounds, parts: [] });

function rowsOf(kind: NetworkWork['kind'], measured: Measured[]): string[] {
  const work: NetworkWork = { kind, id: 'small', title: 'Small', model: 'small', input: [1, 3, 8, 8] };
  const leftOut = [{ name: 'onnxruntime-web', reason: 'a | b' }];
  return familyTable([{ work, outcome: { measured, leftOut } }]).split('\n');
}

test('goals of a forward pass are judged by the ratios of rounds, those without a peer are not', () => {
  const rows = rowsOf('forward', [
    one('Cardinal', [30, 30, 30]),
    one('Cardinal and OpenBLAS', [10, 12, 33]),
    one('onnxruntime-node', [10, 10, 30]),
    one('PyTorch', [1, 1, 1]),
  ]);
  expect(rows.filter((row) => row.includes('÷'))).toEqual([
    '| Small | Cardinal and OpenBLAS ÷ onnxruntime-node ≤ 1.1 | **1.10** (1.00 to 1.20) | met |',
  ]);
  expect(rows).toContain('| Small | Cardinal and OpenBLAS | 12.0 (10.0 to 33.0) |  |');
  expect(rows).toContain('| Small | onnxruntime-web | a \\| b |  |');
});

test('a step is held to the better of PyTorch’s layouts', () => {
  const rows = rowsOf('training', [
    one('Cardinal', [30]),
    one('Cardinal and OpenBLAS', [90]),
    one('PyTorch', [120]),
    one('PyTorch, channels last', [100]),
  ]);
  expect(rows[2]).toBe(
    '| Small | Cardinal and OpenBLAS ÷ PyTorch, channels last ≤ 0.8 | **0.90** (0.90 to 0.90) | missed |',
  );
});

test('the works are three of each network of the registry, short ones repeated', () => {
  const works = suites['families'].works.map((make) => make() as NetworkWork);
  expect(works.length).toBe(15);
  expect(works.map(repeatsOfRun).slice(0, 3)).toEqual([8, 2, 1]);
  for (const { model, input } of works.filter(({ kind }) => kind === 'training')) {
    // Published sizes are tested with the registry; here, that the input is theirs.
    const traced = trace(createModel(model, { numClasses: 10 }), input, { training: true });
    expect(traced.output.shape).toEqual([8, 10]);
  }
});
