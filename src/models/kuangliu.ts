import { checkKind, checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Linear,
  Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { BottleneckLayers, conv1x1, initializeResNet } from './resnet.ts';
import { shortcutKinds, shortcutsOf, type ShortcutOptions } from './shortcut.ts';
import { blocks, kindsOf } from './options.ts';

/**
 * ResNeXt for CIFAR as kuangliu/pytorch-cifar builds it (models/resnext.py), which is not the network of the paper's
 * section 5.3: the stem is a 1×1 convolution, and a block gives twice its inner width C·d, where the paper's gives 256, 512
 * and 1024 channels whatever C and d are. Parts are called as in torchvision; the name map `pytorch-cifar` turns its names
 * into these.
 */

const expansion = 2;

/** Options of `KuangliuResNeXt`. */
export interface KuangliuResNeXtOptions extends ShortcutOptions {
  /** C, the number of transformations aggregated. */
  readonly cardinality?: number;
  /** d, the width of each in the first stage; every further stage doubles it. */
  readonly baseWidth?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
}

const stemChannels = 64;

const kinds: Kinds<KuangliuResNeXtOptions> = {
  ...shortcutKinds,
  ...kindsOf('cardinality', 'baseWidth', 'numClasses', 'inChannels', 'dropout'),
};

/** N×3×H×W → N×10, for 32×32 pictures. `layers` are the blocks of each stage, called layer1, layer2, …: 3, 3, 3 in ResNeXt-29. */
export class KuangliuResNeXt extends Module {
  static override readonly typeName: string = 'ResNeXt';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU;
  readonly #stages: readonly Sequential[];
  readonly avgpool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly fc: Linear;

  constructor(layers: readonly number[] = [3, 3, 3], options: KuangliuResNeXtOptions = {}) {
    super();
    checkKind('KuangliuResNeXt', 'layers', layers, blocks);
    checkOptions('KuangliuResNeXt', options, kinds);
    const { cardinality = 32, baseWidth = 4, numClasses = 10, inChannels = 3, dropout = 0 } = options;
    const { shortcut, zeroInit } = shortcutsOf(options, 'B');
    this.conv1 = conv1x1(inChannels, stemChannels);
    this.bn1 = new BatchNorm2d(stemChannels);
    this.relu = new ReLU({ inplace: true });
    let channels = stemChannels;
    this.#stages = layers.map((blocks, stage) => {
      const width = cardinality * baseWidth * 2 ** stage;
      const sequence = Array.from({ length: blocks }, (_, index) => {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const outChannels = expansion * width;
        const made = new BottleneckLayers(channels, {
          width,
          groups: cardinality,
          outChannels,
          stride,
          shortcut,
        });
        channels = outChannels;
        return made;
      });
      return new Sequential(sequence);
    });
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = new Linear(channels, numClasses);
    initializeResNet(this, zeroInit);
  }

  /** Stages stand between the stem and the head, as many as `layers` said. */
  override namedChildren(): [string, Module][] {
    const own = super.namedChildren();
    const head = own.findIndex(([name]) => name === 'avgpool');
    const stages = this.#stages.map((stage, index): [string, Module] => [`layer${index + 1}`, stage]);
    return [...own.slice(0, head), ...stages, ...own.slice(head)];
  }

  forward(x: Value): Value {
    let out = this.relu(this.bn1(this.conv1(x)));
    for (const stage of this.#stages) out = stage(out);
    out = F.flatten(this.avgpool(out));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.fc(out);
  }
}
