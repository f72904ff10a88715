import type { Node } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import type { ActivationName } from '../../../graph/activation.ts';
import { batchNormActivationSums } from '../args/batch-norm-activation.ts';
import { batchNormBackwardCombine, batchNormRescale } from '../args/batch-norm.ts';
import { call, type Call, type Lowering, type LowerStep, type PlacedBuffer } from '../call.ts';
import { backwardApply, combined } from './batch-norm.ts';
import { tilesOf } from './chunks.ts';
import { align64 } from './scratch.ts';
import { copied } from './sync-batch-norm.ts';

/** Behind the tiles' sums lie the coefficients of dx, and scale and shift of z. */
function room({ inputs }: { readonly inputs: readonly Pick<PlacedBuffer, 'shape'>[] }) {
  const { rowTiles, channels } = tilesOf(inputs[1].shape);
  const coefficients = align64(rowTiles * channels * 8);
  const scale = coefficients + align64(channels * 12);
  const shift = scale + align64(channels * 4);
  return { coefficients, scale, shift, bytes: shift + channels * 4 };
}

const workspaceBytes = (node: Pick<Node, 'inputs'>): number => room(node).bytes;

export const batchNormActivationBackward: Lowering<'batch_norm_activation_backward'> = {
  workspaceBytes,
  calls(step) {
    const { inputs, outputs, workspace } = step;
    const [dx, dgamma, dbeta] = outputs;
    const [, x, gamma, , mean] = inputs;
    // dz lies where dx will: a place is read before it is written.
    const read = { dy: dx, x, y: undefined, mean, activation: 'none' } as const;
    return [
      ...sums(step, dx, gamma, dgamma.address, dbeta.address),
      backwardApply(read, workspace + room(step).coefficients, { dx, dresidual: undefined }),
    ];
  },
};

export const batchNormActivationBackwardReduce: Lowering<'batch_norm_activation_backward_reduce'> = {
  workspaceBytes,
  calls(step) {
    const [sum, dgamma, dbeta, dz] = step.outputs;
    const slopes = sum.address + dgamma.bytes;
    const [, , , , , invstd] = step.inputs;
    return [
      // Of a rank alone, coefficients are of no use: no γ is asked for, and nobody reads them.
      ...sums(step, dz, invstd, slopes, sum.address),
      copied(sum.address, dbeta),
      copied(slopes, dgamma),
    ];
  },
};

/** dz, and Σdz·x̂ and Σdz at two addresses. */
function sums(
  step: Pick<LowerStep<OpName>, 'inputs' | 'workspace'> & {
    readonly attrs: { readonly activation: ActivationName };
  },
  dz: PlacedBuffer,
  slopeOf: PlacedBuffer,
  dgamma: number,
  dbeta: number,
): readonly Call[] {
  const { attrs, inputs, workspace } = step;
  const [dy, x, gamma, beta, mean, invstd] = inputs;
  const { rowTiles, channelTiles, rows, channels, height, width } = tilesOf(x.shape);
  const places = room(step);
  const [coefficients, scale, shift] = [places.coefficients, places.scale, places.shift].map(
    (place) => workspace + place,
  );
  return [
    call(batchNormRescale, 1, {
      ...{ gamma: gamma.address, beta: beta.address, mean: mean.address, invstd: invstd.address },
      ...{ scale, shift, channels },
    }),
    call(batchNormActivationSums, rowTiles * channelTiles, {
      ...{ dy: dy.address, x: x.address, y: undefined, activation: attrs.activation, mean: mean.address },
      ...{ partials: workspace, rows, channels },
      ...{ rowsPerTile: height, channelsPerTile: width, channelTiles },
      ...{ dz: dz.address, scale, shift },
    }),
    call(batchNormBackwardCombine, Math.ceil(channels / combined), {
      ...{ partials: workspace, gamma: slopeOf.address, mean: mean.address, invstd: invstd.address },
      ...{ dgamma, dbeta, coefficients },
      ...{ rows, channels, rowTiles, channelsPerChunk: combined },
    }),
  ];
}
