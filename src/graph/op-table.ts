import type { Activation } from './activation.ts';

/**
 * The catalogue of ops: what each takes and gives. One file per op under `ops/` holds its shape rule, gradient and
 * cost; one function per op in each backend computes it. Legend: N batch, C channels in, K channels out, G groups,
 * H×W in, P×Q out, R×S kernel. `[x]?` is present only if the attribute of that name is true. Optional inputs keep
 * their order and leave no gap.
 */
export interface OpTable {
  /** (x N×C×H×W, w K×(C/G)×R×S, [bias K]?, [residual N×K×P×Q]?) → y N×K×P×Q; y = activation(conv(x, w) + bias + residual). */
  conv2d: Conv2dAttrs & {
    readonly bias: boolean;
    readonly residual: boolean;
    readonly activation: Activation;
  };
  /**
   * (dy N×K×P×Q, w, [residual N×C×H×W]?) → dx N×C×H×W, plus the residual, which may lie where dx will. `inputSize` is [H, W]: with a
   * stride, several sizes have the same P×Q.
   */
  conv2d_backward_input: Conv2dAttrs & { readonly inputSize: Pair; readonly residual: boolean };
  /** (dy N×K×P×Q, x N×C×H×W) → dw K×(C/G)×R×S. `kernelSize` is [R, S]. */
  conv2d_backward_weight: Conv2dAttrs & { readonly kernelSize: Pair };
  /** (x N×K×P×Q or N×K) → K: the sum over everything but channels, the gradient of a bias. */
  channel_sum: NoAttrs;

  /**
   * Batch norm in training, PyTorch's formulas (biased variance normalises, unbiased variance is tracked):
   * (x N×C×H×W, γ C, β C, running_mean C, running_var C, [residual like x]?) → (y like x, mean 2×C, invstd C).
   * y = activation(γ·(x − mean)·invstd + β + residual); mean and invstd as they are given. The mean is the sum of two rows: what
   * f32 holds of it, and what that leaves, since a mean far from 0 is rounded by much of a standard deviation. Updates running_mean and running_var in place:
   * running ← (1 − momentum)·running + momentum·batch.
   */
  batch_norm: {
    readonly eps: number;
    readonly momentum: number;
    readonly activation: Activation;
    readonly residual: boolean;
  };
  /**
   * The y of `batch_norm` once more, bit for bit, from the statistics that it gave: (x, γ, β, mean, invstd, [residual]?) → y.
   * Reads and tracks no running statistics. For backward passes that did not keep y.
   */
  batch_norm_recompute: { readonly activation: Activation; readonly residual: boolean };
  /** (x, γ, β, running_mean, running_var, [residual]?) → y, with the running statistics. */
  batch_norm_inference: { readonly eps: number; readonly activation: Activation; readonly residual: boolean };
  /**
   * (dy, x, γ, mean, invstd, [y]: iff there is an activation) → (dx, dγ, dβ, [dresidual]: iff there is one and a residual).
   * dz = activation′(y)·dy, which is also dresidual; without an activation, dz = dy.
   * dβ = Σdz, dγ = Σdz·x̂, dx = γ·invstd·(dz − dβ/m − x̂·dγ/m), m = N·H·W.
   */
  batch_norm_backward: { readonly activation: Activation; readonly residual: boolean };
  /**
   * Where the running statistics normalise in training, because the norm is frozen: they, γ and β are constants.
   * (dy, γ, running_var, [y]) → (dx, [dresidual]). dz as above, dx = γ/√(running_var+eps)·dz.
   */
  batch_norm_inference_backward: {
    readonly eps: number;
    readonly activation: Activation;
    readonly residual: boolean;
  };
  /** Prologue of inference: (w K×…, [bias K]?, γ, β, mean, var) → (w·γ/√(var+eps), (bias − mean)·γ/√(var+eps) + β). */
  fold_batch_norm: { readonly eps: number; readonly bias: boolean };

  /** (x) → max(x, 0); NaN stays NaN. */
  relu: NoAttrs;
  /** (dy, y) → dy where y > 0, else 0. */
  relu_backward: NoAttrs;
  /** (x) → min(max(x, 0), 6); NaN stays NaN. */
  relu6: NoAttrs;
  /** (dy, y) → dy where 0 < y < 6, else 0. */
  relu6_backward: NoAttrs;
  /** (x) → factor·x, any shape. */
  scale: { readonly factor: number };
  /** (a, b) → activation(a + b). Same shapes. */
  add: { readonly activation: Activation };

  /** (x N×C×H×W) → N×C×P×Q; padding counts as −∞. Global max pooling is a kernel of H×W. */
  max_pool2d: PoolAttrs;
  /** (dy, x) → dx: all of dy goes to the first largest element of its window, row by row, as in PyTorch. */
  max_pool2d_backward: PoolAttrs;
  /**
   * (x N×C×H×W) → N×C×P×Q. Global average pooling is a kernel of H×W. `adaptive` says that the size of the output was
   * asked for and not the kernel's: nothing is computed otherwise, but some count it otherwise (`conventions.ts`).
   */
  avg_pool2d: PoolAttrs & { readonly countIncludePad: boolean; readonly adaptive?: boolean };
  /** (dy) → dx. `inputSize` is [H, W]. */
  avg_pool2d_backward: PoolAttrs & { readonly countIncludePad: boolean; readonly inputSize: Pair };

  /** (x N×C×H×W) → N×C×P×Q, [P, Q] = `outputSize`: window p covers the rows from ⌊p·H/P⌋ to ⌈(p + 1)·H/P⌉, columns alike. As in PyTorch. */
  adaptive_max_pool2d: AdaptivePoolAttrs;
  /** (dy, x) → dx: as `max_pool2d_backward`. */
  adaptive_max_pool2d_backward: NoAttrs;
  /** The same windows' means. Where the windows tile the picture evenly it is an `avg_pool2d`. */
  adaptive_avg_pool2d: AdaptivePoolAttrs;
  /** (dy) → dx. `inputSize` is [H, W]. */
  adaptive_avg_pool2d_backward: { readonly inputSize: Pair };

  /** (x N×C×H×W) → N×C×(top+H+bottom)×(left+W+right), what is added zero. */
  pad2d: { readonly padding: Edges };
  /** (x) → x without its edges: the gradient of `pad2d`. */
  crop2d: { readonly padding: Edges };

  /** (x₁ N×C₁×H×W, x₂, …) → N×ΣC×H×W. */
  concat: NoAttrs;
  /** (x N×C×H×W) → channels start … start+length−1. The gradient of concat and of pad_channels. */
  slice_channels: { readonly start: number; readonly length: number };
  /** (x N×C×H×W) → N×(before+C+after)×H×W, the new channels zero (shortcut A). */
  pad_channels: { readonly before: number; readonly after: number };
  /** (x) → x[:, :, ::stride, ::stride], P = ⌈H/stride⌉ (shortcut A). */
  subsample: { readonly stride: number };
  /** (dy) → dx, zero where nothing was taken. */
  subsample_backward: { readonly stride: number; readonly inputSize: Pair };

  /** (x N×C×H×W) → N×(C·H·W) in PyTorch's C, H, W order; also takes N×F and gives it back. */
  flatten: NoAttrs;
  /** (dy N×(C·H·W)) → N×C×H×W. */
  flatten_backward: { readonly size: readonly number[] };
  /** (x N×F, w K×F, [bias K]?) → y N×K = x·wᵀ + bias. */
  linear: { readonly bias: boolean };
  /** (dy N×K, w K×F) → dx N×F. */
  linear_backward_input: NoAttrs;
  /** (dy N×K, x N×F) → dw K×F. */
  linear_backward_weight: NoAttrs;

  /**
   * (x, seed 1) → x·keep/(1−p). Element i in *PyTorch's* order (N, C, H, W) is kept iff
   * mix(mix(seed ^ stream) + i) ≥ p·2³², with `mix` of `base/rng.ts`, so no mask is stored: the gradient is the same op on dy.
   * `seed` holds an integer below 2²⁴, written anew by the host for every step.
   */
  dropout: { readonly p: number; readonly stream: number };
  /**
   * (logits N×K, target N×K of probabilities) → mean over N of −Σₖ t·log softmax, t = (1−ε)·target + ε/K. A hard label is a one-hot row.
   */
  softmax_cross_entropy: { readonly labelSmoothing: number };
  /** (logits, target, dloss 1) → dlogits = dloss/N · (softmax·Σt − t). */
  softmax_cross_entropy_backward: { readonly labelSmoothing: number };

  /** (gradient, hyper 1: [scale]) → () accumulator ← scale·accumulator + gradient; scale 0 overwrites, even NaN. Inputs: (accumulator, gradient, hyper). */
  accumulate: NoAttrs;
  /** (g₁, g₂, …, maxNorm 1) → (norm 1, coefficient 1): L2 norm over all, min(1, maxNorm/(norm + 1e-6)) as torch.nn.utils.clip_grad_norm_. */
  gradient_norm: NoAttrs;
  /**
   * torch.optim.SGD in place: (parameter, gradient, [velocity]: iff momentum, hyper 3: [lr, momentum, weightDecay], [coefficient 1]: iff clip) → ().
   * g ← coefficient·gradient + weightDecay·parameter (if `decay`); velocity ← momentum·velocity + g;
   * parameter ← parameter − lr·(nesterov ? g + momentum·velocity : velocity). Dampening 0, so a zeroed velocity is PyTorch's first step.
   */
  sgd: {
    readonly momentum: boolean;
    readonly nesterov: boolean;
    readonly decay: boolean;
    readonly clip: boolean;
  };
  /**
   * torch.optim.AdamW in place: (parameter, gradient, m, v, hyper 8: [lr/(1−β₁ᵗ), lr·weightDecay, ε, 1/√(1−β₂ᵗ), β₁, 1−β₁, β₂, 1−β₂],
   * [coefficient 1]: iff clip) → (). m, v the moving averages, each towards the gradient or its square as in `ema`;
   * parameter ← parameter − lr·weightDecay·parameter (if `decay`) − lr/(1−β₁ᵗ)·m / (√v/√(1−β₂ᵗ) + ε).
   */
  adamw: { readonly decay: boolean; readonly clip: boolean };
  /**
   * (average, current, hyper 2: [decay, 1 − decay]) → () in place: average ← decay·average + (1 − decay)·current, computed from the
   * smaller of both numbers, which f32 holds the better: average + (1 − decay)·(current − average) if that is 1 − decay, and
   * current + decay·(average − current) otherwise. So what does not change stays what it is, however many steps there are.
   */
  ema: NoAttrs;
}

export type OpName = keyof OpTable;

/** [vertical, horizontal]. */
export type Pair = readonly [number, number];

/** [top, bottom, left, right]. */
export type Edges = readonly [number, number, number, number];

export interface AdaptivePoolAttrs {
  readonly outputSize: Pair;
}

export interface Conv2dAttrs {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  /** G, the paper's cardinality. Divides C and K. */
  readonly groups: number;
}

export interface PoolAttrs {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceilMode: boolean;
}

/** An op without attributes. */
export type NoAttrs = Readonly<Record<string, never>>;
