import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { BatchNorm2d, Conv2d, Module, Sequential } from '../nn/index.ts';
import { kindsOf, type Shortcut } from './options.ts';

/** A network's options for its blocks' shortcuts. */
export interface ShortcutOptions {
  /** Default: B, or the network's own. */
  readonly shortcut?: Shortcut;
  /** False leaves out every shortcut, whatever `shortcut` is: the same as `shortcut: 'none'`. */
  readonly residual?: boolean;
  /**
   * γ = 0 in the last batch norm of every block, so that it begins as the identity (Goyal et al. 2017, section 5.1). Without
   * shortcuts it has no effect: blocks would begin as 0 and, behind their last ReLU, never learn.
   */
  readonly zeroInitResidual?: boolean;
}

/** What the options that every network with shortcuts has may be. */
export const shortcutKinds = kindsOf('shortcut', 'residual', 'zeroInitResidual');

/** The shortcuts of all blocks, and whether blocks begin as the identity. */
export function shortcutsOf(
  { shortcut, residual = true, zeroInitResidual = false }: ShortcutOptions,
  usual: Shortcut,
): { readonly shortcut: Shortcut; readonly zeroInit: boolean } {
  const kind = residual ? (shortcut ?? usual) : 'none';
  return { shortcut: kind, zeroInit: zeroInitResidual && kind !== 'none' };
}

/** What a block has to bridge: N×C×H×W in, N×K×(H/stride)×(W/stride) out. */
export interface Bridge {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
}

/** The module on the shortcut, undefined where the input passes as it is (and where there is no shortcut). */
export function makeShortcut(
  kind: Shortcut,
  bridge: Bridge,
  project: (bridge: Bridge) => Module = projection,
): Module | undefined {
  const { inChannels, outChannels, stride } = bridge;
  const changes = stride !== 1 || inChannels !== outChannels;
  if (kind === 'C' || (kind === 'B' && changes)) return project(bridge);
  return kind === 'A' && changes ? new PadShortcut(bridge) : undefined;
}

function projection({ inChannels, outChannels, stride }: Bridge): Module {
  return new Sequential(
    new Conv2d(inChannels, outChannels, 1, { stride, bias: false }),
    new BatchNorm2d(outChannels),
  );
}

/** Shortcut A: x[:, :, ::stride, ::stride] between zero channels, half of them before and half after. */
export class PadShortcut extends Module {
  static override readonly typeName: string = 'PadShortcut';

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
