import { oneOf } from '../base/options.ts';
import { plainParts } from './block.ts';
import type { Shapes } from './infer-parts.ts';
import type { Parts } from './parts.ts';

/** Stands for `part-options.ts`, `parts.ts` and `infer-parts.ts` in the scripts of a page for the papers' ResNets and ResNeXts. */
export const partKinds = { stem: oneOf('imagenet', 'cifar') };

export const partDefaults = {};

const parts: Parts = { ...plainParts, ofBlock: () => plainParts };

export const partsOf = () => parts;

export const inferParts = () => ({});

export const inferBlocks = () => ({});

export const planesOf = (shapes: Shapes) => shapes.get('conv1.weight')?.[0];

export const innerConvolution = (shapes: Shapes, block: string) => shapes.get(`${block}conv2.weight`);
