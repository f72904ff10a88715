import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { AdaptiveAvgPool2d, Conv2d, Dropout, Linear, Module } from '../../nn/index.ts';
import * as init from '../../nn/init.ts';

/** Options of `ClassifierHead`. */
export interface ClassifierHeadOptions {
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
  /** The classifier is a 1×1 convolution, as its weights' shape then says: those of pre-activation ResNets are. */
  readonly convolution?: boolean;
}

/** The mean of each channel, and a classifier: N×C×H×W → N×numClasses. timm's name for the latter is `fc`. */
export class ClassifierHead extends Module {
  static override readonly typeName: string = 'ClassifierHead';

  readonly global_pool: AdaptiveAvgPool2d;
  readonly drop: Dropout | undefined;
  readonly fc: Linear | Conv2d;

  constructor(features: number, numClasses: number, options: ClassifierHeadOptions = {}) {
    super();
    const { dropout = 0, convolution = false } = options;
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.drop = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = convolution ? new Conv2d(features, numClasses, 1) : new Linear(features, numClasses);
  }

  /** N(0, 0.01²), as timm does: a network's own initialisation comes before. */
  initializeWeights(): void {
    init.normal_(this.fc.weight, 0, 0.01);
    if (this.fc.bias !== undefined) init.zeros_(this.fc.bias);
  }

  forward(x: Value): Value {
    const pooled = this.global_pool(x);
    const isConvolution = this.fc instanceof Conv2d;
    const features = isConvolution ? pooled : F.flatten(pooled);
    const classified = this.fc(this.drop?.(features) ?? features);
    return isConvolution ? F.flatten(classified) : classified;
  }
}
