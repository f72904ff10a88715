import type * as outputs from './outputs.ts';

/** In the scripts of a page networks have one output. */
export const otherOutputs: typeof outputs.otherOutputs = () => [];
