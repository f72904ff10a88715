import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Module } from '../../nn/index.ts';

/**
 * Stochastic depth (Huang et al., ECCV 2016, arXiv 1603.09382): in training leaves out a block's residual of each picture with
 * probability `p`, and scales those that stay by 1/(1−p). N×C×H×W → the same.
 */
export class DropPath extends Module {
  static override readonly typeName: string = 'DropPath';

  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  forward(x: Value): Value {
    return F.dropPath(x, this.p);
  }
}

/** The paper's schedule: from 0 in the first of `blocks` blocks to `rate` in the last. */
export function dropPathRate(rate: number, block: number, blocks: number): number {
  return blocks > 1 ? (rate * block) / (blocks - 1) : 0;
}
