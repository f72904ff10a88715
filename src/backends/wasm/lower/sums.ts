import { sizeOf } from '../../../base/shape.ts';
import type { Lowering } from '../call.ts';
import { reductionBytes, reductionCalls, sumCall } from './reduce-tiles.ts';

export const sum: Lowering<'sum'> = {
  workspaceBytes: ({ inputs: [x], outputs: [y] }) => reductionBytes(x.shape, y.shape),
  calls({ inputs: [x], outputs: [y], workspace }) {
    const reduction = { from: x.shape, to: y.shape, factor: 1, out: y.address, workspace };
    return reductionCalls(reduction, (pass, partials) => sumCall(x.address, pass, partials));
  },
};

export const mean: Lowering<'mean'> = {
  workspaceBytes: ({ inputs: [x], outputs: [y] }) => reductionBytes(x.shape, y.shape),
  calls({ inputs: [x], outputs: [y], workspace }) {
    const factor = sizeOf(y.shape) / sizeOf(x.shape);
    const reduction = { from: x.shape, to: y.shape, factor, out: y.address, workspace };
    return reductionCalls(reduction, (pass, partials) => sumCall(x.address, pass, partials));
  },
};
