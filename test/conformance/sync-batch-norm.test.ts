import { expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { gradientOf } from '../../src/graph/dispatch.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Value } from '../../src/graph/value.ts';
import { relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';
import { normal, tailsOfNorms, uniform, type Drawn, type Tail } from './case.ts';
import { plainPlan } from './plain-plan.ts';

/** A norm with its gradient, in one op or in parts between which the sums over ranks stand. */
type Norm = (graph: Graph, inputs: readonly Value[], tail: Tail, dy: Value) => readonly Value[];

const statistics = { eps: 1e-3, momentum: 0.1 };

const inOne: Norm = (graph, inputs, tail, dy) => {
  const [y, ...kept] = graph.apply('batch_norm', inputs, { ...statistics, ...tail });
  const gradients = gradientOf(graph, graph.nodes[graph.nodes.length - 1], [dy]) ?? [];
  return [y, ...kept, ...gradients.filter((gradient) => gradient !== undefined)];
};

const inParts: Norm = (graph, [x, gamma, beta, mean, variance, ...beside], tail, dy) => {
  const [n, , height, width] = x.shape;
  const count = n * height * width;
  const moments = graph.apply1('batch_norm_stats', [x], { rank: 0, size: 1 });
  const kept = graph.apply('batch_norm_gather_stats', [moments, mean, variance], {
    ...{ counts: [count], ...statistics },
  });
  const y = graph.apply1('batch_norm_elemt', [x, gamma, beta, ...kept, ...beside], { ...tail, count });
  const gradients = gradientOf(graph, graph.nodes[graph.nodes.length - 1], [dy]) ?? [];
  return [y, ...kept, ...gradients.filter((gradient) => gradient !== undefined)];
};

/** What a norm computes, and its running statistics. */
async function computed(norm: Norm, drawn: readonly Drawn[], tail: Tail, dy: Drawn): Promise<Float32Array[]> {
  const graph = new Graph();
  const inputs = drawn.map(({ shape }, index) => graph.input(`in${index}`, shape));
  const results = norm(graph, inputs, tail, graph.input('dy', dy.shape));
  const program = await createReferenceBackend().load(plainPlan(graph, 'norm', 0));
  drawn.forEach(({ data }, index) => {
    program.write(`in${index}`, data);
  });
  program.write('dy', dy.data);
  await program.run('forward');
  return await program.read([...results.map(({ name }) => name), 'in3', 'in4']);
}

test.each(tailsOfNorms)(
  `a norm in parts is the norm: %o, with its gradient and running statistics (CARDINAL_SEED=${seed})`,
  async (tail) => {
    const rng = Rng.of(seed, 'parts of a norm', tail.activation);
    const shape = [3, 5, 4, 2];
    const drawn = [
      normal(rng, shape, 100, 2),
      ...[normal(rng, [5], 1, 0.5), normal(rng, [5]), normal(rng, [5]), uniform(rng, [5], 0.5, 2)],
      ...(tail.residual ? [normal(rng, shape)] : []),
    ];
    const dy = normal(rng, shape);
    const whole = await computed(inOne, drawn, tail, dy);
    const parts = await computed(inParts, drawn, tail, dy);
    expect(parts).toHaveLength(whole.length);
    parts.forEach((part, index) => {
      expect(relativeDistance(part, whole[index]), `result ${index}`).toBeLessThan(1e-5);
    });
  },
);
