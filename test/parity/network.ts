import type { Pair } from '../../src/graph/op-table.ts';
import type { Value } from '../../src/graph/value.ts';
import * as nn from '../../src/nn/index.ts';

/** A layer as `scripts/fixtures/layers.py` has it. */
export type LayerSpec =
  | {
      readonly op: 'conv';
      readonly in: number;
      readonly out: number;
      readonly kernel: Pair;
      readonly stride: Pair;
      readonly padding: Pair;
      readonly dilation: Pair;
      readonly groups: number;
      readonly bias: boolean;
    }
  | { readonly op: 'norm'; readonly channels: number }
  | { readonly op: 'relu' | 'flatten' }
  | ({ readonly op: 'max_pool' } & PoolSpec)
  | ({ readonly op: 'avg_pool'; readonly includePad: boolean } & PoolSpec)
  | { readonly op: 'adaptive_avg_pool' | 'adaptive_max_pool'; readonly size: Pair }
  | { readonly op: 'linear'; readonly in: number; readonly out: number; readonly bias: boolean }
  | { readonly op: 'dropout'; readonly p: number }
  | { readonly op: 'residual'; readonly body: readonly LayerSpec[]; readonly shortcut: readonly LayerSpec[] }
  | { readonly op: 'shortcut_a'; readonly stride: number; readonly before: number; readonly after: number }
  | { readonly op: 'concat'; readonly branches: readonly (readonly LayerSpec[])[] };

interface PoolSpec {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceil: boolean;
}

/** The same network as `build` of `scripts/fixtures/layers.py`, with the same parameter names. */
export function build(layers: readonly LayerSpec[]): nn.Module {
  return new nn.Sequential(layers.map(buildLayer));
}

function buildLayer(layer: LayerSpec): nn.Module {
  switch (layer.op) {
    case 'conv': {
      const { stride, padding, dilation, groups, bias } = layer;
      return new nn.Conv2d(layer.in, layer.out, layer.kernel, { stride, padding, dilation, groups, bias });
    }
    case 'norm':
      return new nn.BatchNorm2d(layer.channels);
    case 'relu':
      return new nn.ReLU();
    case 'max_pool':
      return new nn.MaxPool2d(layer.kernel, windowsOf(layer));
    case 'avg_pool':
      return new nn.AvgPool2d(layer.kernel, { ...windowsOf(layer), countIncludePad: layer.includePad });
    case 'adaptive_avg_pool':
      return new nn.AdaptiveAvgPool2d(layer.size);
    case 'adaptive_max_pool':
      return new nn.AdaptiveMaxPool2d(layer.size);
    case 'flatten':
      return new nn.Flatten();
    case 'linear':
      return new nn.Linear(layer.in, layer.out, { bias: layer.bias });
    case 'dropout':
      return new nn.Dropout(layer.p);
    case 'residual':
      return new Residual(layer.body, layer.shortcut);
    case 'shortcut_a':
      return new ShortcutA(layer.stride, layer.before, layer.after);
    case 'concat':
      return new Concat(layer.branches);
  }
}

function windowsOf({ stride, padding, ceil }: PoolSpec): nn.F.PoolOptions {
  return { stride, padding, ceilMode: ceil };
}

class Residual extends nn.Module {
  readonly body: nn.Module;
  readonly shortcut: nn.Module;

  constructor(body: readonly LayerSpec[], shortcut: readonly LayerSpec[]) {
    super();
    this.body = build(body);
    this.shortcut = build(shortcut);
  }

  forward(x: Value): Value {
    return nn.F.add(this.body(x), this.shortcut(x));
  }
}

class ShortcutA extends nn.Module {
  readonly stride: number;
  readonly before: number;
  readonly after: number;

  constructor(stride: number, before: number, after: number) {
    super();
    this.stride = stride;
    this.before = before;
    this.after = after;
  }

  forward(x: Value): Value {
    return nn.F.padChannels(nn.F.subsample(x, this.stride), this.before, this.after);
  }
}

class Concat extends nn.Module {
  readonly branches: nn.ModuleList;

  constructor(branches: readonly (readonly LayerSpec[])[]) {
    super();
    this.branches = new nn.ModuleList(branches.map(build));
  }

  forward(x: Value): Value {
    return nn.F.cat(this.branches.children().map((branch) => branch(x)));
  }
}
