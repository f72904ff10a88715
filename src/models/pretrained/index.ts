import { attentive } from './attention.ts';
import { convnexts } from './convnext.ts';
import { efficientnets } from './efficientnet.ts';
import { inceptions } from './inception.ts';
import { mobilenets } from './mobilenet.ts';
import { otherResiduals } from './other-residuals.ts';
import { regnets } from './regnet.ts';
import { resnets } from './resnet.ts';
import { resnexts } from './resnext.ts';
import type { Pretrained } from './row.ts';
import { alignedXceptions } from './xception-aligned.ts';

/** All published weights that the library knows of, by family. */
const all: readonly Pretrained[] = [
  ...resnets,
  ...resnexts,
  ...attentive,
  ...otherResiduals,
  ...mobilenets,
  ...efficientnets,
  ...alignedXceptions,
  ...inceptions,
  ...regnets,
  ...convnexts,
];

const byArchitecture = Map.groupBy(all, ({ architecture }) => architecture);

/** The published weights of a network of the registry, the most accurate first. */
export function pretrainedOf(architecture: string): readonly Pretrained[] {
  const best = ({ accuracies }: Pretrained) => accuracies.reduce((most, { top1 }) => Math.max(most, top1), 0);
  return (byArchitecture.get(architecture) ?? []).toSorted((a, b) => best(b) - best(a));
}

export type { Pretrained } from './row.ts';
