import { CifarResNet } from './cifar.ts';
import type { ModelEntry } from './entry.ts';
import { cifar, resnetPaper, thumbnail } from './papers.ts';

/** The ResNets of their paper's section 4.2, for pictures of 32×32. */
export const cifarResNetEntries: readonly ModelEntry[] = [20, 32, 44, 56, 110, 1202].map(cifarResNet);

function cifarResNet(depth: number): ModelEntry {
  const n = (depth - 2) / 6;
  return {
    name: `resnet${depth}_cifar`,
    description: `ResNet-${depth} for CIFAR, 6·${n}+2 layers, 16 to 64 channels`,
    paper: resnetPaper,
    inputShape: thumbnail,
    defaults: { ...cifar, shortcut: 'A' },
    build: (options) => new CifarResNet([n, n, n], options),
  };
}
