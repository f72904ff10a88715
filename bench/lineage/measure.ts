import type { Backend, Program } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { createModel, modelInfo } from '../../src/models/registry.ts';
import { inferenceNetworkOf } from '../../src/train/inference-network.ts';
import { writeWeights } from '../../src/session/state.ts';
import { medianOf } from '../compare/statistics.ts';
import type { Milestone } from './networks.ts';

/** A network of the story with what it costs. */
export interface LineageRow extends Milestone {
  readonly parameters: number;
  /** Of one picture. */
  readonly macs: number;
  /** Side of that picture. */
  readonly side: number;
  /** Median of a forward pass with one picture. */
  readonly milliseconds: number;
}

const warmUps = 2;
const passes = 3;

/**
 * Forward time of each network with one picture. Every round runs all of them, one after the other, so that a machine that slows down
 * slows down for all; a network is loaded anew in each, so that one at a time takes memory.
 */
export async function measureLineage(
  milestones: readonly Milestone[],
  backend: Backend,
  rounds: number,
  onRow: (milestone: Milestone, round: number, milliseconds: number) => void,
): Promise<readonly LineageRow[]> {
  const times = new Map<string, number[]>(milestones.map(({ network }) => [network, []]));
  for (let round = 0; round < rounds; round++) {
    for (const milestone of milestones) {
      const own = await timesOf(milestone.network, backend);
      times.get(milestone.network)?.push(...own);
      onRow(milestone, round, medianOf(own));
    }
  }
  return milestones.map((milestone) => {
    const { params, macs } = countModel(milestone.network);
    const [, side] = modelInfo(milestone.network).inputShape;
    const milliseconds = medianOf(times.get(milestone.network) ?? []);
    return { ...milestone, parameters: params, macs, side, milliseconds };
  });
}

async function timesOf(name: string, backend: Backend): Promise<readonly number[]> {
  const { inputShape } = modelInfo(name);
  const network = inferenceNetworkOf(createModel(name).initialize(0), inputShape, { name, options: {} });
  const program = await backend.load(network.planInference(1, backend));
  try {
    await writeWeights(program, network.stateDict());
    const rng = Rng.of(0, 'picture');
    program.write(
      'input',
      Float32Array.from({ length: sizeOf(inputShape) }, () => rng.normal()),
    );
    for (let pass = 0; pass < warmUps; pass++) await timed(program);
    const times: number[] = [];
    for (let pass = 0; pass < passes; pass++) times.push(await timed(program));
    return times;
  } finally {
    await program.dispose();
  }
}

async function timed(program: Program): Promise<number> {
  const begun = performance.now();
  await program.run('forward');
  await program.read('logits');
  return performance.now() - begun;
}
