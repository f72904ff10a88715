import type { LayerSpec } from './network.ts';
import { readJson } from './tensors.ts';

/** What `scripts/fixtures/parity.py` wrote into `test/fixtures/parity/`. */
export interface Settings {
  readonly steps: number;
  readonly clipNorm: number;
  readonly emaDecay: number;
  readonly optimizers: {
    readonly sgd: SgdSettings;
    readonly adamw: AdamWSettings;
    readonly accumulated: SgdSettings;
  };
  readonly networks: readonly NetworkSpec[];
}

export interface NetworkSpec {
  readonly name: string;
  readonly covers: string;
  readonly input: readonly [number, number, number, number];
  readonly classes: number;
  readonly labelSmoothing: number;
  /** Whether there is a curve with accumulated gradients. */
  readonly accumulated: boolean;
  readonly layers: readonly LayerSpec[];
}

interface SgdSettings {
  readonly lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weight_decay: number;
}

interface AdamWSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
}

export const settings = readJson('parity/networks.json') as Settings;
