import { sizeOf } from '../../../base/shape.ts';
import * as kernels from '../args/drop-path.ts';
import { call, type Lowering } from '../call.ts';
import { chunkFloats } from './chunks.ts';
import { dropping } from './elementwise.ts';

export const dropPath: Lowering<'drop_path'> = {
  calls({ attrs, inputs: [x, seed], outputs: [y] }) {
    const [pictures] = x.shape;
    const perPicture = sizeOf(x.shape) / pictures;
    const chunksPerPicture = Math.ceil(perPicture / chunkFloats);
    return [
      call(kernels.dropPath, pictures * chunksPerPicture, {
        ...{ x: x.address, y: y.address, seed: seed.address, ...dropping(attrs) },
        ...{ perPicture, perChunk: chunkFloats, chunksPerPicture },
      }),
    ];
  },
};
