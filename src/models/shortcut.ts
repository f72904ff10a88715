import type { Value } from '../graph/value.ts';
import { BatchNorm2d, Conv2d, F, Module, Sequential } from '../nn/index.ts';

/**
 * How a block's input reaches its output, by the letters of He et al. 2015, "Deep residual learning", section 4.1, and of
 * the ResNeXt paper: A without parameters (every stride-th pixel, zeros for new channels), B a projection where the
 * shape changes, C projections everywhere, and none at all (the ResNeXt paper's ablation, section 5.1).
 */
export type Shortcut = 'A' | 'B' | 'C' | 'none';

/** What a block has to bridge: N×C×H×W in, N×K×(H/stride)×(W/stride) out. */
export interface Bridge {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
}

/** The module on the shortcut, undefined where the input passes as it is (and where there is no shortcut). */
export function makeShortcut(kind: Shortcut, bridge: Bridge): Module | undefined {
  const { inChannels, outChannels, stride } = bridge;
  const changes = stride !== 1 || inChannels !== outChannels;
  if (kind === 'C' || (kind === 'B' && changes)) {
    return new Sequential(
      new Conv2d(inChannels, outChannels, 1, { stride, bias: false }),
      new BatchNorm2d(outChannels),
    );
  }
  return kind === 'A' && changes ? new PadShortcut(bridge) : undefined;
}

/** Shortcut A: x[:, :, ::stride, ::stride] between zero channels, half of them before and half after. */
export class PadShortcut extends Module {
  readonly #stride: number;
  readonly #before: number;
  readonly #after: number;

  constructor({ inChannels, outChannels, stride }: Bridge) {
    super();
    this.#stride = stride;
    this.#before = Math.floor((outChannels - inChannels) / 2);
    this.#after = outChannels - inChannels - this.#before;
  }

  forward(x: Value): Value {
    const thinned = this.#stride === 1 ? x : F.subsample(x, this.#stride);
    return this.#before + this.#after === 0 ? thinned : F.padChannels(thinned, this.#before, this.#after);
  }
}
