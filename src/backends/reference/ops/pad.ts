import type { PadOps } from '../../../graph/ops/pad.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const padKernels: Kernels<PadOps> = {
  pad2d: ({ padding: [top, , left] }, [x], [y]) => {
    y.data.fill(0);
    forEachInside(x, y, top, left, (inside, outside) => {
      y.data[outside] = x.data[inside];
    });
  },

  crop2d: ({ padding: [top, , left] }, [x], [y]) => {
    forEachInside(y, x, top, left, (inside, outside) => {
      y.data[inside] = x.data[outside];
    });
  },
};

/** Visits the elements of the smaller picture, with their stored indices in both. */
function forEachInside(
  small: Tensor,
  large: Tensor,
  top: number,
  left: number,
  visit: (inside: number, outside: number) => void,
): void {
  const [batch, channels, height, width] = small.shape;
  const [, , outerHeight, outerWidth] = large.shape;
  for (let n = 0; n < batch; n++) {
    for (let h = 0; h < height; h++) {
      for (let v = 0; v < width; v++) {
        for (let c = 0; c < channels; c++) {
          const inside = ((n * height + h) * width + v) * channels + c;
          visit(inside, ((n * outerHeight + top + h) * outerWidth + left + v) * channels + c);
        }
      }
    }
  }
}
