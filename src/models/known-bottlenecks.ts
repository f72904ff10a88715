import type { BlockType } from './block.ts';
import type { Form } from './options.ts';
import { Bottleneck } from './resnet.ts';

/** The blocks that the engine of a page that trains knows: form (c), until `knowAll` adds the other two. */
export const bottlenecks: Record<Form, BlockType> = { a: Bottleneck, b: Bottleneck, c: Bottleneck };
