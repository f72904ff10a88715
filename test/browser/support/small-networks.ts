import type { Value } from '../../../src/graph/value.ts';
import * as nn from '../../../src/nn/index.ts';

/** A ResNeXt of the registry that trains in a moment. */
export const smallNetwork = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 2, planes: 4 },
};

/** The same with a path of its own for each group: an engine learns of these blocks when it is asked for them. */
export const smallNetworkOfPaths = {
  name: 'resnext_cifar',
  options: { ...smallNetwork.options, form: 'a' },
} as const;

/** A network that no registry knows, with dropout and running statistics. */
export class OwnNetwork extends nn.Module {
  static override readonly typeName = 'OwnNetwork';
  conv = new nn.Conv2d(3, 8, 3, { padding: 1 });
  bn = new nn.BatchNorm2d(8);
  drop = new nn.Dropout(0.2);
  fc = new nn.Linear(8, 3);

  override forward(x: Value): Value {
    const features = nn.F.adaptiveAvgPool2d(nn.F.relu(this.bn(this.conv(x))), 1);
    return this.fc(this.drop(nn.F.flatten(features)));
  }
}
