import { AggregatedBottleneck, EarlyConcatBottleneck } from './forms.ts';
import type { Form } from './options.ts';
import type { BlockType } from './block.ts';
import { Bottleneck } from './resnet.ts';

/** The block of each form. In the engine of a page that trains, `known-bottlenecks.ts` stands for this file. */
export const bottlenecks: Readonly<Record<Form, BlockType>> = {
  a: AggregatedBottleneck,
  b: EarlyConcatBottleneck,
  c: Bottleneck,
};
