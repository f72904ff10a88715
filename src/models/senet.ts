import { checkKind, checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, Module } from '../nn/index.ts';
import { MaxPool2d, Sequential } from '../nn/index.ts';
import { innerWidth } from './block.ts';
import { SqueezeExcite } from './blocks/squeeze-excite.ts';
import { blocks, kindsOf } from './options.ts';
import type { PartOptions } from './part-options.ts';
import { partsOf } from './parts.ts';
import { BottleneckLayers, initializeResNet } from './resnet.ts';
import { shortcutKinds, shortcutsOf, type ShortcutOptions } from './shortcut.ts';

/**
 * Squeeze-and-Excitation Networks (Hu et al., CVPR 2018, arXiv 1709.01507) as Cadene's pretrained-models.pytorch brought them from
 * Caffe, and timm keeps them as "legacy": the max pool of the stem does not pad, but lets its last windows end behind the picture.
 */

/** Output channels of a bottleneck are so many times its planes. */
const expansion = 4;

/** ResNeXt's block, whose attention is called `se_module`. */
class SEResNeXtBottleneck extends BottleneckLayers {
  static override readonly typeName: string = 'SEResNeXtBottleneck';

  /** What is called `se` elsewhere comes under its own name, in its place. */
  override namedChildren(): [string, Module][] {
    return super.namedChildren().map(([name, child]) => [name === 'se' ? 'se_module' : name, child]);
  }
}

/** Options of `SENet`. */
export interface SENetOptions
  extends ShortcutOptions, Omit<PartOptions, 'stem' | 'stemMultiplier' | 'attention'> {
  /** Channels of the stem, a quarter of the first stage's output. */
  readonly planes?: number;
  readonly cardinality?: number;
  readonly baseWidth?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  readonly dropout?: number;
}

const kinds: Kinds<SENetOptions> = {
  ...shortcutKinds,
  ...kindsOf('planes', 'cardinality', 'baseWidth', 'numClasses', 'inChannels', 'dropout'),
  ...kindsOf('avgDown', 'reduction', 'antialias', 'dropPath', 'activation'),
};

/** N×3×H×W → N×1000. `layers` are the blocks of each stage, called layer1, layer2, …. */
export class SENet extends Module {
  static override readonly typeName: string = 'SENet';

  readonly layer0: Sequential;
  readonly pool0: Module;
  readonly #stages: readonly Sequential[];
  readonly global_pool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly last_linear: Linear;

  constructor(layers: readonly number[], options: SENetOptions = {}) {
    super();
    checkKind('SENet', 'layers', layers, blocks);
    checkOptions('SENet', options, kinds);
    const { planes = 64, cardinality = 32, baseWidth = 4, reduction = 16 } = options;
    const { numClasses = 1000, inChannels = 3, dropout = 0 } = options;
    const { shortcut, zeroInit } = shortcutsOf(options, 'B');
    const parts = partsOf(options);
    const attention = (channels: number) =>
      new SqueezeExcite(channels, { reducedChannels: Math.floor(channels / reduction) });

    this.layer0 = new Sequential({
      conv1: new Conv2d(inChannels, planes, 7, { stride: 2, padding: 3, bias: false }),
      bn1: new BatchNorm2d(planes),
      relu1: parts.activation(),
    });
    this.pool0 = parts.pool?.(planes) ?? new MaxPool2d(3, { stride: 2, ceilMode: true });
    let channels = planes;
    const count = layers.reduce((sum, blocks) => sum + blocks);
    let built = 0;
    this.#stages = layers.map((blocks, stage) => {
      const stagePlanes = planes * 2 ** stage;
      const width = innerWidth(stagePlanes, baseWidth) * cardinality;
      const sequence = Array.from({ length: blocks }, (_, index) => {
        const block = new SEResNeXtBottleneck(channels, {
          ...{ width, groups: cardinality, outChannels: expansion * stagePlanes },
          ...{ stride: stage > 0 && index === 0 ? 2 : 1, shortcut },
          parts: { ...parts.ofBlock(built++, count), attention },
        });
        channels = expansion * stagePlanes;
        return block;
      });
      return new Sequential(sequence);
    });
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.last_linear = new Linear(channels, numClasses);
    initializeResNet(this, zeroInit);
  }

  /** Stages stand between the stem and the head, as many as `layers` said. */
  override namedChildren(): [string, Module][] {
    const own = super.namedChildren();
    const head = own.findIndex(([name]) => name === 'global_pool');
    const stages = this.#stages.map((stage, index): [string, Module] => [`layer${index + 1}`, stage]);
    return [...own.slice(0, head), ...stages, ...own.slice(head)];
  }

  forward(x: Value): Value {
    let out = this.pool0(this.layer0(x));
    for (const stage of this.#stages) out = stage(out);
    out = F.flatten(this.global_pool(out));
    return this.last_linear(this.dropout?.(out) ?? out);
  }
}
