import type { Pictures } from '../entry.ts';

/** Weights that somebody published of a network of the registry. */
export interface Pretrained {
  /** `architecture.tag`, timm's name: the tag says by whom or by which recipe it was trained. */
  readonly name: string;
  readonly architecture: string;
  /** Where to load it from: `hf:timm/…`. */
  readonly hub: string;
  /** In which timm's history first has it: for other authors' weights later than these were published, at times. */
  readonly year: number;
  /** SPDX's identifier. */
  readonly licence: string;
  /** How it wants its pictures. */
  readonly pictures: SizedPictures;
  /** Measured on ImageNet's validation set, by the size of the pictures. */
  readonly accuracies: readonly Accuracy[];
}

export interface SizedPictures extends Pictures {
  /** Side of the square, in pixels. */
  readonly size: number;
}

/** In percent. */
export interface Accuracy {
  readonly size: number;
  readonly cropShare: number;
  readonly top1: number;
  readonly top5: number;
}

/** A line of a family's table. */
export type Row = readonly [
  name: string,
  year: number,
  licence: string,
  pictures: SizedPictures,
  ...accuracies: readonly (readonly [size: number, cropShare: number, top1: number, top5: number])[],
];

/** What a line says. */
export function pretrained([name, year, licence, pictures, ...accuracies]: Row): Pretrained {
  return {
    name,
    architecture: name.slice(0, name.indexOf('.')),
    hub: `hf:timm/${name}`,
    year,
    licence,
    pictures,
    accuracies: accuracies.map(([size, cropShare, top1, top5]) => ({ size, cropShare, top1, top5 })),
  };
}

/** Licences of the weights, as timm states them. That of ImageNet's pictures, for research, may limit their use further. */
export const apache = 'Apache-2.0';
export const mit = 'MIT';
export const bsd = 'BSD-3-Clause';
export const nonCommercial = 'CC-BY-NC-4.0';

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
/** Pictures in [−1, 1]. */
export const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** What CLIP was trained with. */
export const clip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

/** Pictures in [0, 1]. */
export const asTheyAre = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

export function bicubic(size: number, cropShare: number, colours = imagenet as Colours): SizedPictures {
  return { size, cropShare, interpolation: 'bicubic', ...colours };
}

export function bilinear(size: number, cropShare: number, colours = imagenet as Colours): SizedPictures {
  return { size, cropShare, interpolation: 'bilinear', ...colours };
}

type Colours = Pick<Pictures, 'mean' | 'std'>;
